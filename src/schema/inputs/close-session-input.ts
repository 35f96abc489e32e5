import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class CloseSessionInput {
  @Field(() => ID)
  sessionId!: string;
}
