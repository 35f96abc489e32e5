import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { connectionOf, type Connection } from '../connections.ts';
import { cursorOf, globalId, keyOf } from '../ids.ts';
import { toolCallsOf } from '../tool-calls.ts';
import type { Context } from './context.ts';
import {
  AuditEntryEntity,
  LogEntryEntity,
  SessionEntity,
  UserEntity,
  type LogEntry,
  type Session as SessionRow,
} from './entities.ts';
import {
  AuditLog,
  AuditLogConnection,
  AuditLogFilter,
  Message,
  MessageConnection,
  Session,
  SessionConnection,
  ToolCall,
  User,
  type MessageRole,
} from './types.ts';

function messageOf({ message, messageSequence }: LogEntry): Message {
  const { id, role, content = null, timestamp, toolCalls } = message;
  return Object.assign(new Message(), {
    key: id,
    toolCallsText: toolCalls,
    id: globalId('Message', id),
    sequence: messageSequence ?? 0,
    role: role as MessageRole,
    content,
    createdAt: timestamp,
  });
}

const sessionOf = ({ id, title = null, lastActivity }: SessionRow): Session =>
  Object.assign(new Session(), { key: id, id: globalId('Session', id), title, lastActivityAt: lastActivity });

@Resolver()
export class QueryResolver {
  @Query(() => Session, { nullable: true })
  async session(@Arg('id', () => ID) id: string, @Ctx() { em }: Context): Promise<Session | null> {
    const session = await em.findOne(SessionEntity, { id: keyOf(id), deletedAt: null });
    return session === null ? null : sessionOf(session);
  }

  @Query(() => User, { nullable: true })
  async user(@Arg('id', () => ID) id: string, @Ctx() { auth }: Context): Promise<User | null> {
    const user = await auth.findOne(UserEntity, { id: keyOf(id) });
    return user === null ? null : Object.assign(new User(), { key: user.id, id: globalId('User', user.id) });
  }

  @Query(() => Message, { nullable: true })
  async message(@Arg('id', () => ID) id: string, @Ctx() { em }: Context): Promise<Message | null> {
    const where = { message: keyOf(id), kind: 'message_added' };
    const entry = await em.findOne(LogEntryEntity, where, { populate: ['message'] });
    return entry === null ? null : messageOf(entry);
  }

  @Query(() => AuditLogConnection)
  async auditLogs(
    @Arg('first', () => Int) first: number,
    @Arg('filter', () => AuditLogFilter) filter: AuditLogFilter,
    @Ctx() { auth }: Context,
  ): Promise<Connection<AuditLog>> {
    const entries = await auth.find(
      AuditEntryEntity,
      { userId: keyOf(filter.userId ?? '') },
      { orderBy: { number: 'desc' }, limit: first + 1, populate: ['auditLog'] },
    );
    const page = connectionOf(entries, first, ({ number }) => cursorOf(number));
    const edges = page.edges.map(({ cursor, node: { auditLog } }) => {
      const { id, eventType, eventData, ipAddress = null, userAgent = null, success, createdAt } = auditLog;
      const node = { id: globalId('AuditLog', id), eventType, eventData, ipAddress, userAgent, success, createdAt };
      return { cursor, node: Object.assign(new AuditLog(), node) };
    });
    return { ...page, edges };
  }
}

@Resolver(() => Session)
export class SessionResolver {
  @FieldResolver(() => MessageConnection)
  async messages(
    @Root() session: Session,
    @Arg('last', () => Int) last: number,
    @Ctx() { lastMessages }: Context,
  ): Promise<Connection<Message>> {
    const entries = await lastMessages.load({ sessionId: session.key, size: last });
    return connectionOf(entries.map(messageOf), last, ({ sequence }) => cursorOf(sequence), true);
  }
}

@Resolver(() => User)
export class UserResolver {
  @FieldResolver(() => SessionConnection)
  async sessions(
    @Root() user: User,
    @Arg('first', () => Int) first: number,
    @Ctx() { em }: Context,
  ): Promise<Connection<Session>> {
    const sessions = await em.find(
      SessionEntity,
      { userId: user.key, deletedAt: null },
      { orderBy: { lastActivity: 'desc', id: 'desc' }, limit: first + 1 },
    );
    return connectionOf(sessions.map(sessionOf), first, ({ lastActivityAt, key }) => cursorOf(lastActivityAt, key));
  }
}

@Resolver(() => Message)
export class MessageResolver {
  @FieldResolver(() => [ToolCall])
  async toolCalls(@Root() message: Message, @Ctx() { recordedCalls }: Context): Promise<ToolCall[]> {
    if (message.toolCallsText === null) return [];
    const usages = await recordedCalls.load(message.key);
    const recorded = usages.map(({ callId, toolName, arguments: given, executionTimeMs = null }) => ({
      toolCallId: callId ?? '',
      name: toolName,
      arguments: given,
      executionTimeMs,
    }));
    return toolCallsOf(message.toolCallsText, recorded);
  }
}
