import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class ArchiveSessionPayload {
  @ToOne('Session', { by: 'sessionId', nullable: false })
  session!: unknown;
}
