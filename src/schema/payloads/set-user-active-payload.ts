import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class SetUserActivePayload {
  @ToOne('User', { by: 'userId', nullable: false })
  user!: unknown;
}
