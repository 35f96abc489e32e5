import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class DeleteSessionInput {
  @Field(() => ID)
  sessionId!: string;
}
