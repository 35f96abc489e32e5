import { globalId, idOf } from '../reads/rows.ts';
import { longSession } from './dataset.ts';

/** A list that is paged through, and how to ask for a page of it or for a place far in it. */
export interface List {
  readonly says: string;
  readonly userId: string;
  page(after: string | null): string;
  walk(after: string | null): string;
}

const bodyOf = (query: string, variables: object): string => JSON.stringify({ query, variables });

const listOf = (says: string, connection: (args: string, selection: string) => string, id: string): List => {
  const ask = (size: number, selection: string) => (after: string | null) =>
    bodyOf(
      `query Page($id: ID!, $after: String) { ${connection(`first: ${size}, after: $after`, `${selection} pageInfo { hasNextPage endCursor }`)} }`,
      { id, after },
    );
  return { says, userId: longSession.userId, page: ask(pageSize, ''), walk: ask(stride, '') };
};

export const pageSize = 50;
/** The largest page there is takes the walk to a far place soonest. */
export const stride = 200;

const withRows = (list: List, selection: string): List => ({
  ...list,
  page: (after) => list.page(after).replace(' pageInfo', `${selection} pageInfo`),
});

export const longLists: readonly List[] = [
  withRows(
    listOf(
      'a session of very many messages',
      (args, selection) => `session(id: $id) { messages(${args}) {${selection} } }`,
      globalId('Session', longSession.id),
    ),
    ' edges { cursor node { id sequence role content createdAt } }',
  ),
  withRows(
    listOf(
      "a user's very long audit trail",
      (args, selection) => `auditLogs(${args}, filter: { userId: $id }) {${selection} }`,
      globalId('User', longSession.userId),
    ),
    ' edges { cursor node { id eventType success createdAt } }',
  ),
];

/** What a user sees first, whatever else is in the tables. */
export const firstPages = [
  {
    says: "a session's last 50 messages",
    body: bodyOf(
      'query First($id: ID!) { session(id: $id) { messages(last: 50) { edges { cursor node { id sequence role content createdAt } } } } }',
      { id: globalId('Session', idOf('session', 1)) },
    ),
  },
  {
    says: "a user's 20 latest sessions",
    body: bodyOf(
      'query First($id: ID!) { user(id: $id) { sessions(first: 20) { edges { cursor node { id title lastActivityAt } } } } }',
      { id: globalId('User', idOf('user', 2)) },
    ),
  },
  {
    says: "a user's latest 50 audit logs",
    body: bodyOf(
      'query First($id: ID!) { auditLogs(first: 50, filter: { userId: $id }) { edges { cursor node { id eventType createdAt } } } }',
      { id: globalId('User', idOf('user', 2)) },
    ),
  },
];
/** Session 1 is user 2's. */
export const ownerOfFirstPages = idOf('user', 2);
