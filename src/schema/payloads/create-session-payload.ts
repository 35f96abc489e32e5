import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class CreateSessionPayload {
  @ToOne('Session', { by: 'sessionId', nullable: false })
  session!: unknown;
}
