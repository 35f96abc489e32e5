import { Field, ID, InputType } from 'type-graphql';
import { JSONObject } from '../scalars.ts';

@InputType({ description: 'What is absent stays as it is; what is null is cleared.' })
export class EditMessageInput {
  @Field(() => ID)
  messageId!: string;
  @Field(() => String, { nullable: true })
  content?: string | null;
  @Field(() => JSONObject, { nullable: true, description: 'Replaces all of it.' })
  metadata?: Record<string, unknown> | null;
}
