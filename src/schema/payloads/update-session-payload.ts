import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class UpdateSessionPayload {
  @ToOne('Session', { by: 'sessionId', nullable: false })
  session!: unknown;
}
