import { Field, ID, InputType } from 'type-graphql';
import { JSONObject } from '../scalars.ts';

@InputType()
export class TrackEventInput {
  @Field(() => String, { description: 'Lower-case words like chat_opened or widget.clicked; at most 100 characters.' })
  eventType!: string;
  @Field(() => ID, { nullable: true })
  sessionId?: string | null;
  @Field(() => JSONObject, { nullable: true })
  data?: Record<string, unknown> | null;
}
