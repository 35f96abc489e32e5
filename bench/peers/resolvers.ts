/** Hand-written resolvers with dataloader and named statements, shared by the peers that take a schema with resolvers. */
import DataLoader from 'dataloader';
import { GraphQLScalarType } from 'graphql';
import { connectionOf, type Connection } from './connections.ts';
import { agentRuntime, auth, rowsOf, type Row, type Statement } from './databases.ts';
import { cursorOf, globalId, keyOf } from './ids.ts';
import * as statements from './statements.ts';
import { toolCallsOf, type ToolCall } from './tool-calls.ts';

interface Message extends Row {
  readonly id: string;
  readonly sessionId: string;
  readonly sequence: number;
  readonly toolCalls?: string | null;
}
interface Session extends Row {
  readonly id: string;
  readonly lastActivityAt: Date;
}
interface AuditLog extends Row {
  readonly number: number;
}

const byKey = <Result extends Row>(statement: Statement): DataLoader<string, Result | null> =>
  new DataLoader(async (keys) => {
    const rows = await rowsOf<Result>(agentRuntime, statement, [keys]);
    const found = new Map(rows.map((row) => [row['id'], row]));
    return keys.map((key) => found.get(key) ?? null);
  });

export const createContext = () => ({
  sessions: byKey<Session>(statements.sessionsById),
  messages: byKey<Message>(statements.messagesById),
  /** Of one page size per operation, as the workloads ask. */
  lastMessages: new DataLoader<{ sessionId: string; size: number }, readonly Message[], string>(
    async (pages) => {
      const ids = pages.map(({ sessionId }) => sessionId);
      const rows = await rowsOf<Message>(agentRuntime, statements.lastMessagesOfSessions((pages[0]?.size ?? 0) + 1), [
        ids,
      ]);
      const bySession = Map.groupBy(rows, (row) => row.sessionId);
      return ids.map((id) => bySession.get(id) ?? []);
    },
    { cacheKeyFn: ({ sessionId }) => sessionId },
  ),
  recordedCalls: new DataLoader<string, readonly ToolCall[]>(async (ids) => {
    const rows = await rowsOf<Row & ToolCall>(agentRuntime, statements.recordedCalls, [ids]);
    const byMessage = Map.groupBy(rows, (row) => row['messageId']);
    return ids.map((id) => byMessage.get(id) ?? []);
  }),
});

export type Context = ReturnType<typeof createContext>;
type WithId = { readonly id: string };

const byGlobalId =
  (loader: 'sessions' | 'messages') =>
  (_root: unknown, { id }: WithId, context: Context) =>
    context[loader].load(keyOf(id));

export const resolvers = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (value) => (value as Date).toISOString() }),
  JSON: new GraphQLScalarType({ name: 'JSON', serialize: (value) => value }),
  Query: {
    session: byGlobalId('sessions'),
    message: byGlobalId('messages'),
    user: async (_root: unknown, { id }: WithId) =>
      (await rowsOf(auth, statements.usersById, [[keyOf(id)]]))[0] ?? null,
    auditLogs: async (
      _root: unknown,
      args: { first: number; filter: { userId: string } },
    ): Promise<Connection<AuditLog>> => {
      const rows = await rowsOf<AuditLog>(auth, statements.auditLogs(args.first + 1), [keyOf(args.filter.userId)]);
      return connectionOf(rows, args.first, ({ number }) => cursorOf(number));
    },
  },
  User: {
    id: ({ id }: WithId) => globalId('User', id),
    sessions: async ({ id }: WithId, { first }: { first: number }): Promise<Connection<Session>> => {
      const rows = await rowsOf<Session>(agentRuntime, statements.latestSessions(first + 1), [id]);
      return connectionOf(rows, first, (session) => cursorOf(session.lastActivityAt.getTime(), session.id));
    },
  },
  Session: {
    id: ({ id }: WithId) => globalId('Session', id),
    messages: async ({ id }: WithId, { last }: { last: number }, context: Context): Promise<Connection<Message>> => {
      const rows = await context.lastMessages.load({ sessionId: id, size: last });
      return connectionOf(rows, last, ({ sequence }) => cursorOf(sequence), true);
    },
  },
  Message: {
    id: ({ id }: WithId) => globalId('Message', id),
    toolCalls: async ({ id, toolCalls = null }: Message, _args: unknown, context: Context): Promise<ToolCall[]> =>
      toolCalls === null ? [] : toolCallsOf(toolCalls, await context.recordedCalls.load(id)),
  },
  AuditLog: { id: ({ id }: WithId) => globalId('AuditLog', id) },
};
