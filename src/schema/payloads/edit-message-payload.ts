import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class EditMessagePayload {
  @ToOne('Message', { by: 'messageId', nullable: false })
  message!: unknown;
}
