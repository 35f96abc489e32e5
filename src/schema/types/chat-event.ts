import { Column, SourceType, ToOne } from '../declarations.ts';
import { DateTime, JSONObject } from '../scalars.ts';

@SourceType('chatEvents')
export class ChatEvent {
  id!: string;
  @Column(() => String)
  eventType!: string;
  @Column(() => JSONObject)
  data!: Record<string, unknown>;
  @ToOne('User', { by: 'userId' })
  user?: unknown;
  @ToOne('Session', { by: 'sessionId' })
  session?: unknown;
  @Column(() => DateTime)
  createdAt!: Date;
}
