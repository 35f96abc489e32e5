import { Column, RowType, ToOne } from '../declarations.ts';

@RowType()
export class SendMessagePayload {
  @ToOne('Message', { by: 'messageId', nullable: false })
  message!: unknown;
  @ToOne('Session', {
    by: 'sessionId',
    nullable: false,
    description: 'Where the message is; a new one where the given session had expired.',
  })
  session!: unknown;
  @Column(() => Boolean)
  sessionWasCreated!: boolean;
  @Column(() => Boolean, { description: 'The message was there already, by its clientMessageId.' })
  wasDuplicate!: boolean;
}
