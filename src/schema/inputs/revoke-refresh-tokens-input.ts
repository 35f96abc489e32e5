import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: "Revokes all of a user's refresh tokens that fit what is given." })
export class RevokeRefreshTokensInput {
  @Field(() => ID, { nullable: true, description: 'The viewer unless told; others only for administrators.' })
  userId?: string | null;
  @Field(() => String, { nullable: true, description: 'Only tokens of this OAuth client, by its `clientId`.' })
  clientId?: string | null;
  @Field(() => [ID], { nullable: true, description: 'Only these tokens.' })
  tokenIds?: string[] | null;
}
