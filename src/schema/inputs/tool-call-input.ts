import { Field, InputType } from 'type-graphql';
import { JSONValue } from '../scalars.ts';

@InputType({ description: "A call that an assistant's message asks for." })
export class ToolCallInput {
  @Field(() => String, {
    nullable: true,
    description: 'The id that the model gave the call; one is made up where it is missing.',
  })
  id?: string | null;
  @Field(() => String)
  name!: string;
  @Field(() => JSONValue, { nullable: true, description: 'A string is taken as the JSON text that the model wrote.' })
  arguments?: unknown;
}
