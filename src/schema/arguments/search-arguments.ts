import { ArgsType, Field } from 'type-graphql';
import { MessageSearchFilter } from '../inputs/filters.ts';
import { ForwardArguments } from './page-arguments.ts';

@ArgsType()
export class SearchArguments extends ForwardArguments {
  @Field(() => String)
  query!: string;
  @Field(() => MessageSearchFilter, { nullable: true })
  filter?: MessageSearchFilter | null;
}
