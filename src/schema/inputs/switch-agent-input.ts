import { Field, ID, InputType } from 'type-graphql';
import { JSONObject } from '../scalars.ts';

@InputType()
export class SwitchAgentInput {
  @Field(() => ID)
  sessionId!: string;
  @Field(() => String, { description: 'At most 100 characters.' })
  toAgent!: string;
  @Field(() => String, { nullable: true })
  reason?: string | null;
  @Field(() => JSONObject, { nullable: true })
  metadata?: Record<string, unknown> | null;
}
