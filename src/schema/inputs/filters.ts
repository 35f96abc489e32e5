import { Field, ID, InputType } from 'type-graphql';
import { ApprovalStatus, MessageRole, OrderDirection, SessionOrderField, SessionStatus } from '../enums.ts';
import { DateTime } from '../scalars.ts';

@InputType({ description: 'Deleted sessions are listed only where `status` asks for them.' })
export class SessionFilter {
  @Field(() => [SessionStatus], { nullable: true })
  status?: SessionStatus[] | null;
  @Field(() => ID, { nullable: true })
  ownerId?: string | null;
  @Field(() => String, { nullable: true })
  tenantId?: string | null;
  @Field(() => String, { nullable: true })
  titleContains?: string | null;
  @Field(() => DateTime, { nullable: true })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true })
  createdBefore?: Date | null;
  @Field(() => DateTime, { nullable: true })
  activeAfter?: Date | null;
  @Field(() => DateTime, { nullable: true })
  activeBefore?: Date | null;
}

@InputType()
export class SessionOrder {
  @Field(() => SessionOrderField)
  field!: SessionOrderField;
  @Field(() => OrderDirection, { defaultValue: OrderDirection.DESC })
  direction!: OrderDirection;
}

@InputType()
export class MessageFilter {
  @Field(() => [MessageRole], { nullable: true })
  role?: MessageRole[] | null;
  @Field(() => DateTime, { nullable: true })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true })
  createdBefore?: Date | null;
}

@InputType()
export class MessageSearchFilter {
  @Field(() => [ID], { nullable: true })
  sessionIds?: string[] | null;
  @Field(() => ID, { nullable: true, description: 'Only sessions of this user.' })
  ownerId?: string | null;
  @Field(() => [MessageRole], { nullable: true })
  role?: MessageRole[] | null;
  @Field(() => DateTime, { nullable: true })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true })
  createdBefore?: Date | null;
}

@InputType()
export class ApprovalFilter {
  @Field(() => [ApprovalStatus], { nullable: true })
  status?: ApprovalStatus[] | null;
  @Field(() => String, { nullable: true })
  requestType?: string | null;
  @Field(() => ID, { nullable: true })
  sessionId?: string | null;
  @Field(() => DateTime, { nullable: true })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true })
  createdBefore?: Date | null;
}

@InputType()
export class UserFilter {
  @Field(() => String, { nullable: true, description: 'Part of the username, display name or e-mail address.' })
  search?: string | null;
  @Field(() => Boolean, { nullable: true })
  isActive?: boolean | null;
  @Field(() => Boolean, { nullable: true })
  isAdmin?: boolean | null;
  @Field(() => String, { nullable: true })
  tenantId?: string | null;
}

@InputType()
export class AuditLogFilter {
  @Field(() => ID, { nullable: true })
  userId?: string | null;
  @Field(() => [String], { nullable: true })
  eventType?: string[] | null;
  @Field(() => String, { nullable: true })
  clientId?: string | null;
  @Field(() => Boolean, { nullable: true })
  success?: boolean | null;
  @Field(() => DateTime, { nullable: true })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true })
  createdBefore?: Date | null;
}
