import { ArgsType, Field } from 'type-graphql';
import {
  ApprovalFilter,
  AuditLogFilter,
  MessageFilter,
  SessionFilter,
  SessionOrder,
  UserFilter,
} from '../inputs/filters.ts';
import { ForwardArguments, PageArguments } from './page-arguments.ts';

@ArgsType()
export class SessionArguments extends PageArguments {
  @Field(() => SessionFilter, { nullable: true })
  filter?: SessionFilter | null;
  @Field(() => SessionOrder, { nullable: true })
  orderBy?: SessionOrder | null;
}

@ArgsType()
export class MessageArguments extends PageArguments {
  @Field(() => MessageFilter, { nullable: true })
  filter?: MessageFilter | null;
}

@ArgsType()
export class SessionApprovalArguments extends ForwardArguments {
  @Field(() => ApprovalFilter, { nullable: true })
  filter?: ApprovalFilter | null;
}

@ArgsType()
export class ApprovalArguments extends PageArguments {
  @Field(() => ApprovalFilter, { nullable: true })
  filter?: ApprovalFilter | null;
}

@ArgsType()
export class UserArguments extends PageArguments {
  @Field(() => UserFilter, { nullable: true })
  filter?: UserFilter | null;
}

@ArgsType()
export class AuditLogArguments extends PageArguments {
  @Field(() => AuditLogFilter, { nullable: true })
  filter?: AuditLogFilter | null;
}

@ArgsType()
export class RefreshTokenArguments extends ForwardArguments {
  @Field(() => Boolean, { nullable: true })
  activeOnly?: boolean | null;
}
