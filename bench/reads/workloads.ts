import { globalId, idOf } from './rows.ts';
import type { Size } from './dataset.ts';

/** A server's way to be asked: the schema of the product, or the one that PostGraphile makes from the tables. */
export type Dialect = 'product' | 'postgraphile';

export interface Question {
  readonly userId: string;
  readonly variables: { readonly id: string };
}

export interface Workload {
  readonly name: 'W1' | 'W2' | 'W3' | 'W4';
  readonly says: string;
  readonly documents: Readonly<Record<Dialect, string>>;
  /** A question about a random row, asked by the user whose row it is. */
  ask(random: (n: number) => number, size: Size, dialect: Dialect): Question;
}

const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

/** PostGraphile takes the keys of the tables. */
const idFor = (dialect: Dialect, type: string, key: string): string =>
  dialect === 'product' ? globalId(type, key) : key;

const ownerOf = (session: number, size: Size): string => idOf('user', 1 + (session % size.users));

const sessionsIn = (size: Size): number => size.users * size.sessionsPerUser;

export const workloads: readonly Workload[] = [
  {
    name: 'W1',
    says: "one session's last 50 messages",
    documents: {
      product: `query W1($id: ID!) { session(id: $id) { messages(last: 50) { edges { cursor node { id sequence role content createdAt } } ${pageInfo} } } }`,
      postgraphile: `query W1($id: String!) { session: sessionByRowId(rowId: $id) { messages(last: 50, orderBy: NUMBER_ASC) { edges { cursor node { id: rowId sequence role content createdAt } } ${pageInfo} } } }`,
    },
    ask(random, size, dialect) {
      const session = random(sessionsIn(size));
      return { userId: ownerOf(session, size), variables: { id: idFor(dialect, 'Session', idOf('session', session)) } };
    },
  },
  {
    name: 'W2',
    says: "a user's 20 latest sessions, each with its last 5 messages and their tool calls",
    documents: {
      product: `query W2($id: ID!) { user(id: $id) { sessions(first: 20) { edges { cursor node { id title lastActivityAt
        messages(last: 5) { edges { node { id role content createdAt toolCalls { toolCallId name arguments executionTimeMs } } } } } } ${pageInfo} } } }`,
      postgraphile: `query W2($id: String!) { sessions: allSessions(first: 20, condition: { userId: $id }, orderBy: LAST_ACTIVITY_AT_DESC) { edges { cursor node { id: rowId title lastActivityAt
        messages(last: 5, orderBy: NUMBER_ASC) { edges { node { id: rowId role content createdAt toolCalls: toolCallsList(orderBy: CREATED_AT_ASC) { toolCallId name arguments executionTimeMs } } } } } } ${pageInfo} } }`,
    },
    ask(random, size, dialect) {
      const userId = idOf('user', random(size.users));
      return { userId, variables: { id: idFor(dialect, 'User', userId) } };
    },
  },
  {
    name: 'W3',
    says: 'one message by id',
    documents: {
      product: 'query W3($id: ID!) { message(id: $id) { id sequence role content createdAt } }',
      postgraphile: `query W3($id: String!) { message: messageByRowId(rowId: $id) { id: rowId sequence role content createdAt } }`,
    },
    ask(random, size, dialect) {
      const session = random(sessionsIn(size));
      const key = idOf('message', `${session} ${random(size.messagesPerSession)}`);
      return { userId: ownerOf(session, size), variables: { id: idFor(dialect, 'Message', key) } };
    },
  },
  {
    name: 'W4',
    says: 'a page of 50 audit logs of a user',
    documents: {
      product: `query W4($id: ID!) { auditLogs(first: 50, filter: { userId: $id }) { edges { cursor node { id eventType eventData ipAddress userAgent success createdAt } } ${pageInfo} } }`,
      postgraphile: `query W4($id: String!) { auditLogs: allAuthAuditLogs(first: 50, condition: { userId: $id }, orderBy: NUMBER_DESC) { edges { cursor node { id: rowId eventType eventData ipAddress userAgent success createdAt } } ${pageInfo} } }`,
    },
    ask(random, size, dialect) {
      const userId = idOf('user', random(size.users));
      return { userId, variables: { id: idFor(dialect, 'User', userId) } };
    },
  },
];
