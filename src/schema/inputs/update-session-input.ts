import { Field, ID, InputType, Int } from 'type-graphql';
import { JSONObject } from '../scalars.ts';

@InputType({ description: 'What is absent stays as it is; what is null is cleared.' })
export class UpdateSessionInput {
  @Field(() => ID)
  sessionId!: string;
  @Field(() => String, { nullable: true, description: 'At most 500 characters.' })
  title?: string | null;
  @Field(() => String, { nullable: true })
  description?: string | null;
  @Field(() => JSONObject, { nullable: true, description: 'Replaces all of it.' })
  metadata?: Record<string, unknown> | null;
  @Field(() => Int, { nullable: true, description: 'null: the session never expires.' })
  lifetimeSeconds?: number | null;
  @Field(() => ID, {
    nullable: true,
    description: 'Administrators only: whose session it is from now on, in the tenant of that user.',
  })
  ownerId?: string | null;
  @Field(() => String, { nullable: true, description: "Administrators only: another tenant than the owner's." })
  tenantId?: string | null;
}
