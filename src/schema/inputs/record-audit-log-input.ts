import { Field, ID, InputType } from 'type-graphql';
import { JSONValue } from '../scalars.ts';

@InputType()
export class RecordAuditLogInput {
  @Field(() => String, {
    nullable: true,
    description:
      "The entry's database id, where the caller chooses it: 1 to 36 characters. Sent again with the same id, the entry is not doubled.",
  })
  id?: string | null;
  @Field(() => ID, {
    nullable: true,
    description: 'Whose doing it was; absent where nobody is known, as after a failed login.',
  })
  userId?: string | null;
  @Field(() => String, { nullable: true })
  clientId?: string | null;
  @Field(() => String, { description: 'As login_success, login_failed, token_refresh; at most 50 characters.' })
  eventType!: string;
  @Field(() => JSONValue, { nullable: true })
  eventData?: unknown;
  @Field(() => String, { nullable: true })
  ipAddress?: string | null;
  @Field(() => String, { nullable: true })
  userAgent?: string | null;
  @Field(() => Boolean, { defaultValue: true })
  success!: boolean;
  @Field(() => String, { nullable: true })
  errorMessage?: string | null;
}
