import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class CloseSessionPayload {
  @ToOne('Session', { by: 'sessionId', nullable: false })
  session!: unknown;
}
