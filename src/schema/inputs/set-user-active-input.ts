import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class SetUserActiveInput {
  @Field(() => ID)
  userId!: string;
  @Field(() => Boolean)
  isActive!: boolean;
}
