import type { Ask } from './answers.ts';
import { NotFoundError } from './errors.ts';
import type { Gap } from './follow.ts';

/** Where to start without a cursor: with what is committed from now on, or with the first there is. */
export type From = 'now' | 'beginning';

interface Connection {
  readonly pageInfo: { readonly endCursor: string };
  readonly nodes: readonly { readonly sequence: number }[];
}

const endOfMessages = `query ($sessionId: ID!, $first: Int, $last: Int) {
  session(id: $sessionId) { messages(first: $first, last: $last) { pageInfo { endCursor } } } }`;
const nextMessage = `query ($sessionId: ID!, $after: String!) {
  session(id: $sessionId) { messages(first: 1, after: $after) { nodes { sequence } } } }`;
const beginningOfSessions = `{ sessions(first: 1) { nodes { messages(first: 0) { pageInfo { endCursor } } } } }`;
const endOfAuditLogs = 'query ($first: Int) { auditLogs(first: $first) { pageInfo { endCursor } } }';

/** An empty page ends where its list begins. */
const nothing = { first: 0 };

/** The list's cursor is asked for first: a subscription without one would miss what comes before it is heard. */
export async function startOfMessages(ask: Ask, sessionId: string, from: From): Promise<string> {
  const page = from === 'now' ? { last: 1 } : nothing;
  const { session } = (await ask(endOfMessages, { sessionId, ...page })) as {
    session: { messages: Connection } | null;
  };
  return requireSession(session).messages.pageInfo.endCursor;
}

/** The list and the stream agree on what comes next. One that has neither lags behind, and is asked again. */
export async function isMessageHole(ask: Ask, sessionId: string, { after, received }: Gap): Promise<boolean> {
  const { session } = (await ask(nextMessage, { sessionId, after })) as { session: { messages: Connection } | null };
  return requireSession(session).messages.nodes[0]?.sequence === received;
}

/** The beginning of any session's log is the beginning of the log across sessions. */
export async function beginningOfFeed(ask: Ask): Promise<string> {
  const { sessions } = (await ask(beginningOfSessions, {})) as { sessions: { nodes: { messages: Connection }[] } };
  const [session] = sessions.nodes;
  if (session === undefined)
    throw new NotFoundError('There is no session yet, so the feed has no beginning.', 'NOT_FOUND');
  return session.messages.pageInfo.endCursor;
}

export async function startOfAuditLogs(ask: Ask, from: From): Promise<string> {
  const page = from === 'now' ? { first: 1 } : nothing;
  const { auditLogs } = (await ask(endOfAuditLogs, page)) as { auditLogs: Connection };
  return auditLogs.pageInfo.endCursor;
}

function requireSession<Session>(session: Session | null): Session {
  if (session === null) throw new NotFoundError('The session was not found.', 'NOT_FOUND');
  return session;
}
