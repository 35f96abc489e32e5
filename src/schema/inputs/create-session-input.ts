import { Field, ID, InputType, Int } from 'type-graphql';
import { JSONObject } from '../scalars.ts';

@InputType()
export class CreateSessionInput {
  @Field(() => String, {
    nullable: true,
    description:
      "The session's database id, where the client chooses it: a UUID; for administrators any text of 1 to 36 characters.",
  })
  id?: string | null;
  @Field(() => String, { nullable: true, description: 'At most 500 characters.' })
  title?: string | null;
  @Field(() => String, { nullable: true })
  description?: string | null;
  @Field(() => JSONObject, { nullable: true })
  metadata?: Record<string, unknown> | null;
  @Field(() => Int, {
    nullable: true,
    description: 'Closes the session after so many seconds without a message; the gateway has a default.',
  })
  lifetimeSeconds?: number | null;
  @Field(() => ID, {
    nullable: true,
    description: 'Administrators open sessions for others; everybody else for themselves.',
  })
  ownerId?: string | null;
  @Field(() => String, { nullable: true, description: "Administrators only; otherwise it is the owner's tenant." })
  tenantId?: string | null;
}
