import { ArgsType, Field, Int } from 'type-graphql';

@ArgsType()
export class ForwardArguments {
  @Field(() => Int, { nullable: true, description: 'How many from the start; 50 unless told, at most 200.' })
  first?: number | null;
  @Field(() => String, { nullable: true })
  after?: string | null;
}

@ArgsType()
export class PageArguments extends ForwardArguments {
  @Field(() => Int, { nullable: true, description: 'How many from the end.' })
  last?: number | null;
  @Field(() => String, { nullable: true })
  before?: string | null;
}
