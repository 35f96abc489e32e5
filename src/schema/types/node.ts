import { Field, ID, InterfaceType } from 'type-graphql';

@InterfaceType({
  description: 'Anything that has an id of its own.',
  resolveType: (row: { __typename?: string }) => row.__typename ?? null,
})
export abstract class Node {
  @Field(() => ID)
  id!: string;
}
