import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  ApprovalChangedDocument,
  AuditLogAddedDocument,
  EndOfFeedDocument,
  EndOfSessionDocument,
  MessageAddedDocument,
  MessageChangedDocument,
  MessageFeedDocument,
  NewestAuditLogDocument,
  SessionChangedDocument,
  type MessageAddedSubscription,
} from '../generated/operations.ts';
import { collect } from '../support/collect.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { addMessages, addSession, addUser } from '../support/people.ts';

let test: TestDatabases;
let gateway: TestGateway;
const anna = { userId: 'anna' };
const boris = { userId: 'boris' };
const admin = { userId: 'anna', scopes: ['api:admin'] };

beforeAll(async () => {
  test = await testDatabases();
  gateway = await startTestGateway(test);
  await addUser(test, 'anna');
  await addUser(test, 'boris');
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

const addedEdge = (data: MessageAddedSubscription): MessageAddedSubscription['messageAdded'] => data.messageAdded;

async function endOf(sessionId: string, first?: number): Promise<string> {
  const { data } = await gateway.query(anna, EndOfSessionDocument, { id: sessionId, first });
  return data?.session?.messages.pageInfo.endCursor ?? '';
}

const inTransaction = async (...statements: string[]): Promise<void> => {
  const client = await test.service.agentRuntime.connect();
  try {
    for (const statement of ['BEGIN', ...statements, 'COMMIT']) await client.query(statement);
  } finally {
    client.release();
  }
};
const save = (sessionId: string, ...changes: string[]): Promise<void> =>
  inTransaction(
    `CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT id, session_db_id, role, content, "timestamp" FROM messages WHERE session_db_id = '${sessionId}' ORDER BY "timestamp", id`,
    `DELETE FROM messages WHERE session_db_id = '${sessionId}'`,
    ...changes,
    `INSERT INTO messages (id, session_db_id, role, content, "timestamp") SELECT id, session_db_id, role, content, "timestamp" FROM kept`,
  );

describe('messageAdded', () => {
  it('gives the history after a cursor and then what is written, each once and in order', async () => {
    await addSession(test, 'live', anna, 250);
    const { data } = await gateway.query(
      anna,
      '{ session(id: "live") { messages(first: 10) { pageInfo { endCursor } } } }',
    );
    const after = (data as never as { session: { messages: { pageInfo: { endCursor: string } } } }).session.messages
      .pageInfo.endCursor;
    const client = await gateway.connect(anna);
    const got = collect(client, MessageAddedDocument, { sessionId: 'live', after }, addedEdge);
    await got.until(240);
    await addMessages(test, 'live', 251, 255);
    const items = await got.until(245);
    expect(items.map(({ node }) => node.sequence)).toEqual(Array.from({ length: 245 }, (_, index) => index + 11));
    got.stop();
    await client.dispose();
  });

  it('says a message once when its session is saved by deleting and inserting everything', async () => {
    await addSession(test, 'saves', anna, 3);
    const client = await gateway.connect(anna);
    const got = collect(client, MessageAddedDocument, { sessionId: 'saves' }, addedEdge);
    const feed = collect(
      client,
      MessageFeedDocument,
      { filter: { sessionIds: ['saves'] } },
      (data) => data.messageFeed,
    );
    await pause();
    await save('saves');
    await save(
      'saves',
      `INSERT INTO messages (id, session_db_id, role, content) VALUES ('saves-4', 'saves', 'user', 'four')`,
    );
    await save('saves', `UPDATE kept SET content = 'edited' WHERE id = 'saves-1'`);
    await addMessages(test, 'saves', 5, 5);
    await got.until(2);
    await feed.until(2);
    await pause();
    expect(got.items.map(({ node }) => node.sequence)).toEqual([4, 5]);
    expect(feed.items.map(({ node }) => node.sequence)).toEqual([4, 5]);
    expect(feed.items.map(({ cursor }) => cursor)).toEqual(got.items.map(({ cursor }) => cursor));
    await client.dispose();
  });

  it('starts at the very beginning from the end cursor of an empty session', async () => {
    await addSession(test, 'empty', anna);
    const after = await endOf('empty');
    await addMessages(test, 'empty', 1, 2);
    const client = await gateway.connect(anna);
    const got = collect(client, MessageAddedDocument, { sessionId: 'empty', after }, addedEdge);
    await got.until(2);
    expect(got.items.map(({ node }) => node.content)).toEqual(['message 1', 'message 2']);
    await client.dispose();
  });

  it('misses nothing that was in flight when a feed goes on from a cursor of a session', async () => {
    await addSession(test, 'slow', anna);
    await addSession(test, 'quick', anna);
    const slow = await test.service.agentRuntime.connect();
    try {
      await slow.query('BEGIN');
      await slow.query(
        `INSERT INTO messages (id, session_db_id, role, content) VALUES ('slow-1', 'slow', 'user', 'slow')`,
      );
      // As in the middle of its commit: the position is taken, the row is not visible yet.
      await slow.query('SET CONSTRAINTS ALL IMMEDIATE');
      await addMessages(test, 'quick', 1, 1);
      const client = await gateway.connect(anna);
      const feed = collect(
        client,
        MessageFeedDocument,
        { after: await endOf('quick'), filter: { sessionIds: ['slow', 'quick'] } },
        (data) => data.messageFeed.node.session.title,
      );
      await pause();
      await slow.query('COMMIT');
      await feed.until(1);
      expect(feed.items).toContain('slow');
      await client.dispose();
    } finally {
      slow.release();
    }
  });

  it('is not there for others, and ends when the right is gone', async () => {
    await addSession(test, 'mine', anna, 1);
    const others = await gateway.connect(boris);
    const refused = collect(others, MessageAddedDocument, { sessionId: 'mine' }, addedEdge);
    await refused.ended;
    expect(JSON.stringify(refused.errors)).toContain('NOT_FOUND');
    const client = await gateway.connect(anna);
    const got = collect(client, MessageAddedDocument, { sessionId: 'mine' }, addedEdge);
    await pause();
    await test.service.agentRuntime.query(`UPDATE sessions SET user_id = 'boris' WHERE id = 'mine'`);
    await addMessages(test, 'mine', 2, 2);
    await got.ended;
    expect(got.items).toEqual([]);
    expect(got.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    await others.dispose();
    await client.dispose();
  });

  it('refuses cursors that are not ours, of another session, or of a history that is gone', async () => {
    await addSession(test, 'c1', anna, 3);
    await addSession(test, 'c2', anna, 3);
    const client = await gateway.connect(anna);
    const foreign = collect(client, MessageAddedDocument, { sessionId: 'c1', after: await endOf('c2', 2) }, addedEdge);
    const forged = collect(client, MessageAddedDocument, { sessionId: 'c1', after: 'AQEAAAAA' }, addedEdge);
    await Promise.all([foreign.ended, forged.ended]);
    for (const refused of [foreign, forged]) {
      expect(JSON.stringify(refused.errors)).toContain('BAD_USER_INPUT');
      expect(JSON.stringify(refused.errors)).toContain('CURSOR_INVALID');
    }
    const kept = await endOf('c1', 2);
    await test.service.agentRuntime.query(
      `UPDATE scrollback.session_log SET chain = sha256(chain) WHERE session_id = 'c1'`,
    );
    const diverged = collect(client, MessageAddedDocument, { sessionId: 'c1', after: kept }, addedEdge);
    await diverged.ended;
    const [{ extensions } = { extensions: {} }] = diverged.errors as { extensions: Record<string, unknown> }[];
    expect(extensions).toMatchObject({ code: 'GONE', reason: 'CURSOR_DIVERGED', lastSequence: 3 });
    const after = extensions['resumeFrom'];
    const again = collect(client, MessageAddedDocument, { sessionId: 'c1', after }, addedEdge);
    expect((await again.until(3)).map(({ node }) => node.sequence)).toEqual([1, 2, 3]);
    await client.dispose();
  });
});

describe('the other subscriptions', () => {
  it('tells of edits and removals', async () => {
    await addSession(test, 'edits', anna, 2);
    const client = await gateway.connect(anna);
    const got = collect(client, MessageChangedDocument, { sessionId: 'edits' }, (data) => data.messageChanged);
    await pause();
    await test.service.agentRuntime.query(`UPDATE messages SET content = 'better' WHERE id = 'edits-1'`);
    await test.service.agentRuntime.query(`DELETE FROM messages WHERE id = 'edits-2'`);
    await got.until(2);
    expect(got.items).toMatchObject([
      {
        kind: 'EDITED',
        messageId: 'edits-1',
        sequence: 1,
        message: { content: 'better', editedAt: expect.any(String) as unknown },
      },
      { kind: 'REMOVED', messageId: 'edits-2', sequence: 2, message: null },
    ]);
    await client.dispose();
  });

  it('tells of sessions, also of one that was deleted', async () => {
    const client = await gateway.connect(anna);
    const got = collect(client, SessionChangedDocument, {}, (data) => data.sessionChanged);
    await pause();
    await addSession(test, 'of-boris', boris);
    await addSession(test, 'fresh', anna);
    await got.until(1);
    await test.service.agentRuntime.query(`UPDATE sessions SET deleted_at = now() WHERE id = 'fresh'`);
    await got.until(2);
    expect(got.items).toEqual([
      { kind: 'CREATED', sessionId: 'fresh', session: { title: 'fresh' } },
      { kind: 'REMOVED', sessionId: 'fresh', session: null },
    ]);
    await client.dispose();
  });

  it('tells those who had it of a session that was given away or deleted, and nobody else', async () => {
    const ownChanges = async (credentials: Parameters<TestGateway['connect']>[0]) => {
      const client = await gateway.connect(credentials);
      return { client, got: collect(client, SessionChangedDocument, {}, (data) => data.sessionChanged) };
    };
    const [ofAnna, ofBoris, ofCarl] = [
      await ownChanges(anna),
      await ownChanges(boris),
      await ownChanges({ userId: 'carl' }),
    ];
    const kinds = ({ got }: typeof ofAnna): string[] => got.items.map(({ kind, sessionId }) => `${kind} ${sessionId}`);
    await pause();
    await addSession(test, 'given', anna);
    await ofAnna.got.until(1);
    await test.service.agentRuntime.query(`UPDATE sessions SET user_id = 'boris' WHERE id = 'given'`);
    await ofBoris.got.until(1);
    await test.service.agentRuntime.query(`DELETE FROM sessions WHERE id = 'given'`);
    await ofBoris.got.until(2);
    await ofAnna.got.until(2);
    await pause();
    expect(kinds(ofAnna)).toEqual(['CREATED given', 'REMOVED given']);
    expect(kinds(ofBoris)).toEqual(['CHANGED given', 'REMOVED given']);
    expect(kinds(ofCarl)).toEqual([]);
    for (const { client } of [ofAnna, ofBoris, ofCarl]) await client.dispose();
  });

  it('start the feed from now without a gap: the cursor first, then the state, then the subscription', async () => {
    await addSession(test, 'from-now', anna, 2);
    const { data } = await gateway.query(anna, EndOfFeedDocument);
    await addMessages(test, 'from-now', 3, 4);
    const client = await gateway.connect(anna);
    const feed = collect(
      client,
      MessageFeedDocument,
      { after: data?.messageFeedCursor },
      (edge) => `${edge.messageFeed.node.session.title} ${edge.messageFeed.node.sequence}`,
    );
    await feed.until(2);
    expect(feed.items).toEqual(['from-now 3', 'from-now 4']);
    const stolen = await gateway.connect(boris);
    const refused = collect(stolen, MessageFeedDocument, { after: data?.messageFeedCursor }, (edge) => edge);
    await refused.ended;
    expect(JSON.stringify(refused.errors)).toContain('CURSOR_INVALID');
    await client.dispose();
    await stolen.dispose();
  });

  it('starts with the pending approvals and tells what becomes of them', async () => {
    await addSession(test, 'ask', anna);
    const { agentRuntime } = test.service;
    const request = (id: string): Promise<unknown> =>
      agentRuntime.query(`INSERT INTO pending_approvals (id, request_id, session_id) VALUES ($1, $1, 'ask')`, [id]);
    await request('p1');
    const client = await gateway.connect(anna);
    const got = collect(client, ApprovalChangedDocument, {}, (data) => data.approvalChanged);
    await got.until(1);
    await request('p2');
    await agentRuntime.query(`UPDATE pending_approvals SET status = 'approved' WHERE id = 'p1'`);
    await got.until(3);
    expect(got.items.map((change) => [change.kind, change.approvalId])).toEqual([
      ['REQUESTED', 'p1'],
      ['REQUESTED', 'p2'],
      ['CHANGED', 'p1'],
    ]);
    await client.dispose();
  });

  it('streams the audit trail from a cursor', async () => {
    const { auth } = test.service;
    const record = (id: string): Promise<unknown> =>
      auth.query(
        `INSERT INTO audit_logs (id, user_id, event_type, success) VALUES ($1, 'anna', 'login_success', true)`,
        [id],
      );
    await record('a1');
    const { data: newest } = await gateway.query(admin, NewestAuditLogDocument);
    const after = newest?.auditLogs.pageInfo.startCursor;
    await record('a2');
    const client = await gateway.connect(admin);
    const got = collect(client, AuditLogAddedDocument, { after }, (data) => data.auditLogAdded.node);
    await record('a3');
    await got.until(2);
    const login = { eventType: 'login_success', user: { username: 'anna' } };
    expect(got.items).toEqual([login, login]);
    await client.dispose();
  });
});

describe('a socket', () => {
  it('is closed with 4403 when its token expires', async () => {
    const client = await gateway.connect({ ...anna, expiresInSeconds: 2 });
    const closed = new Promise<{ code: number }>((resolve) =>
      client.on('closed', (event) => resolve(event as { code: number })),
    );
    await addSession(test, 'expiring', anna);
    collect(client, MessageAddedDocument, { sessionId: 'expiring' }, addedEdge);
    expect((await closed).code).toBe(4403);
    await client.dispose();
  });

  it('is closed for good when its token is refused, and to be opened again when it is out of date', async () => {
    const codeFor = async (token: string): Promise<number> => {
      const socket = new WebSocket(gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
      const closed = once(socket, 'close') as Promise<[number]>;
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
      return (await closed)[0];
    };
    expect(await codeFor('not.a.token')).toBe(4401);
    expect(await codeFor(await gateway.token({ ...anna, expiresInSeconds: -60 }))).toBe(4403);
  });

  it('answers without a token that it needs one, operation by operation', async () => {
    const client = await gateway.connect(null);
    const refused = collect(client, '{ viewer { tenantId } }', {}, (answer) => answer);
    await refused.ended;
    expect(JSON.stringify(refused.errors)).toContain('UNAUTHENTICATED');
    await client.dispose();
  });
});

describe('hostile clients', () => {
  it('that reset a connection at its upgrade do not end the gateway', async () => {
    const { port } = new URL(gateway.url);
    const request = 'GET /nowhere HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    for (let turn = 0; turn < 20; turn += 1) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(request, () => setTimeout(() => socket.resetAndDestroy(), 0));
      await once(socket, 'close');
    }
    expect((await gateway.query(anna, '{ viewer { tenantId } }')).data).toEqual({ viewer: { tenantId: 'default' } });
  });

  it('that nest lists in lists are told that it is too much', async () => {
    for (let turn = 0; turn < 12; turn += 1) await addSession(test, `nested-${turn}`, boris);
    const nest = (depth: number): string =>
      depth === 0 ? 'id' : `sessions(first: 200) { nodes { owner { ${nest(depth - 1)} } } }`;
    const answer = await gateway.query(boris, `{ ${nest(6)} }`);
    expect(answer.errors?.[0]?.extensions['code']).toBe('QUERY_TOO_COMPLEX');
  });

  it('that ignore the end of their token start nothing more', async () => {
    const socket = new WebSocket(gateway.url.replace('http', 'ws'), 'graphql-transport-ws', { autoPong: false });
    const closed = once(socket, 'close');
    await once(socket, 'open');
    const authorization = `Bearer ${await gateway.token({ ...boris, expiresInSeconds: 2 })}`;
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
    await once(socket, 'message');
    // Nothing is read any more, so the close frame is never answered.
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 2300));
    const query = 'mutation { sendMessage(input: { content: "too late" }) { message { id } } }';
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    socket.resume();
    await closed;
    const { rows } = await test.service.agentRuntime.query(`SELECT FROM messages WHERE content = 'too late'`);
    expect(rows).toHaveLength(0);
  });
});

/** Long enough for a subscription to have started, which nothing tells from outside. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
