import { GraphQLScalarType } from 'graphql';
import { Field, ID, InputType, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';

export const DateTime = new GraphQLScalarType({
  name: 'DateTime',
  serialize: (value) => (value as Date).toISOString(),
});
export const Json = new GraphQLScalarType({ name: 'JSON', serialize: (value) => value });

export enum MessageRole {
  ASSISTANT = 'assistant',
  SYSTEM = 'system',
  TOOL = 'tool',
  USER = 'user',
}
registerEnumType(MessageRole, { name: 'MessageRole' });

@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;
  @Field(() => Boolean)
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true })
  startCursor!: string | null;
  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

function connectionType<Node extends object>(nodeType: ClassType<Node>) {
  @ObjectType(`${nodeType.name}Edge`)
  class Edge {
    @Field(() => String)
    cursor!: string;
    @Field(() => nodeType)
    node!: Node;
  }
  @ObjectType(`${nodeType.name}Connection`)
  class Connection {
    @Field(() => [Edge])
    edges!: Edge[];
    @Field(() => PageInfo)
    pageInfo!: PageInfo;
  }
  return Connection;
}

@ObjectType()
export class ToolCall {
  @Field(() => String, { nullable: true })
  toolCallId!: string | null;
  @Field(() => String)
  name!: string;
  @Field(() => Json, { nullable: true })
  arguments!: unknown;
  @Field(() => Int, { nullable: true })
  executionTimeMs!: number | null;
}

@ObjectType()
export class Message {
  key!: string;
  toolCallsText!: string | null;
  @Field(() => ID)
  id!: string;
  @Field(() => Int)
  sequence!: number;
  @Field(() => MessageRole)
  role!: MessageRole;
  @Field(() => String, { nullable: true })
  content!: string | null;
  @Field(() => DateTime)
  createdAt!: Date;
}
export const MessageConnection = connectionType(Message);

@ObjectType()
export class Session {
  key!: string;
  @Field(() => ID)
  id!: string;
  @Field(() => String, { nullable: true })
  title!: string | null;
  @Field(() => DateTime)
  lastActivityAt!: Date;
}
export const SessionConnection = connectionType(Session);

@ObjectType()
export class User {
  key!: string;
  @Field(() => ID)
  id!: string;
}

@ObjectType()
export class AuditLog {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  eventType!: string;
  @Field(() => Json, { nullable: true })
  eventData!: unknown;
  @Field(() => String, { nullable: true })
  ipAddress!: string | null;
  @Field(() => String, { nullable: true })
  userAgent!: string | null;
  @Field(() => Boolean)
  success!: boolean;
  @Field(() => DateTime)
  createdAt!: Date;
}
export const AuditLogConnection = connectionType(AuditLog);

@InputType()
export class AuditLogFilter {
  @Field(() => ID, { nullable: true })
  userId?: string;
}
