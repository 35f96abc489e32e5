import { RowType, ToOne } from '../declarations.ts';

@RowType()
export class TrackEventPayload {
  @ToOne('ChatEvent', { by: 'eventId', nullable: false })
  event!: unknown;
}
