import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class ArchiveSessionInput {
  @Field(() => ID)
  sessionId!: string;
}
