import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, codesOf, globalIdOf, pick, type Asker } from '../support/ask.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type GraphQLAnswer, type TestGateway } from '../support/gateway.ts';
import { fillWorld, people } from '../support/world.ts';

const { anna, boris, tess, adam, carla } = people;
let test: TestDatabases;
let gateway: TestGateway;

beforeAll(async () => {
  test = await testDatabases();
  await fillWorld(test);
  gateway = await startTestGateway(test);
});
afterAll(async () => {
  await gateway.stop();
  await test.close();
});

/** One mutation with its input as a variable; `selection` is of the payload. */
function mutate(asker: Asker, name: string, input: object, selection: string): Promise<GraphQLAnswer> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  return ask(gateway, asker, `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} } }`, { input });
}

async function newSession(input: object = {}, asker: Asker = anna): Promise<string> {
  return pick(await mutate(asker, 'createSession', input, 'session { id }'), 'createSession.session.id') as string;
}

const send = (input: object, asker: Asker = anna): Promise<GraphQLAnswer> =>
  mutate(
    asker,
    'sendMessage',
    input,
    'message { id sequence role content author { username } } session { id status title } sessionWasCreated wasDuplicate',
  );

describe('sessions', () => {
  it('are opened with what is said of them, for oneself', async () => {
    const id = randomUUID();
    const input = {
      id,
      title: 'Mine',
      description: 'About it',
      metadata: { a: [1, null] },
      lifetimeSeconds: 60,
    };
    const answer = await mutate(
      anna,
      'createSession',
      input,
      'session { id title description metadata status tenantId messageCount closedAt createdAt lastActivityAt expiresAt owner { username } }',
    );
    const session = pick(answer, 'createSession.session') as { lastActivityAt: string; expiresAt: string };
    expect(session).toMatchObject({
      id: globalIdOf('Session', id),
      title: 'Mine',
      description: 'About it',
      metadata: { a: [1, null] },
      status: 'ACTIVE',
      tenantId: 'default',
      messageCount: 0,
      closedAt: null,
      owner: { username: 'anna' },
    });
    expect(Date.parse(session.expiresAt) - Date.parse(session.lastActivityAt)).toBe(60_000);
    expect(codesOf(await mutate(boris, 'createSession', { id }, 'session { id }'))).toEqual(['CONFLICT']);
    // A shorter name could be guessed, and a refusal would tell that somebody has it.
    const guessed = await mutate(boris, 'createSession', { id: 'work-anna' }, 'session { id }');
    expect(codesOf(guessed)).toEqual(['BAD_USER_INPUT']);
  });

  it('are opened for others by administrators only', async () => {
    const forBoris = (asker: Asker) =>
      mutate(
        asker,
        'createSession',
        { ownerId: globalIdOf('User', 'boris') },
        'session { tenantId owner { username } }',
      );
    expect(codesOf(await forBoris(anna))).toEqual(['FORBIDDEN']);
    expect(await forBoris(tess)).toEqual({
      data: { createSession: { session: { tenantId: 'default', owner: { username: 'boris' } } } },
    });
    const forCarla = (asker: Asker) => mutate(asker, 'createSession', { ownerId: 'carla' }, 'session { tenantId }');
    expect(codesOf(await forCarla(tess))).toEqual(['BAD_USER_INPUT']);
    expect(await forCarla('internal')).toEqual({ data: { createSession: { session: { tenantId: 'acme' } } } });
  });

  it('change what is given, clear what is null, and keep the rest', async () => {
    const sessionId = await newSession({ title: 'Old', description: 'Kept', metadata: { old: true } });
    const answer = await mutate(
      anna,
      'updateSession',
      { sessionId, title: null, metadata: { new: true } },
      'session { title description metadata }',
    );
    expect(pick(answer, 'updateSession.session')).toEqual({
      title: null,
      description: 'Kept',
      metadata: { new: true },
    });
  });

  it('without an owner are claimed for somebody by an administrator', async () => {
    const claim = (asker: Asker) =>
      mutate(
        asker,
        'updateSession',
        { sessionId: 'unowned', ownerId: 'boris' },
        'session { tenantId owner { username } }',
      );
    expect(codesOf(await claim(boris))).toEqual(['FORBIDDEN']);
    expect(codesOf(await claim(tess))).toEqual(['FORBIDDEN']);
    expect(await claim(adam)).toEqual({
      data: { updateSession: { session: { tenantId: 'default', owner: { username: 'boris' } } } },
    });
    expect(
      pick(
        await ask(gateway, boris, '{ session(id: "unowned") { messages { totalCount } } }'),
        'session.messages.totalCount',
      ),
    ).toBe(1);
    await mutate(adam, 'updateSession', { sessionId: 'unowned', ownerId: null }, 'session { id }');
    expect(await ask(gateway, boris, '{ session(id: "unowned") { id } }')).toEqual({ data: { session: null } });
  });

  it('are closed, archived and deleted, each as often as one likes', async () => {
    const sessionId = await newSession();
    for (const [name, status] of [
      ['closeSession', 'CLOSED'],
      ['archiveSession', 'ARCHIVED'],
    ] as const) {
      for (let round = 0; round < 2; round += 1) {
        expect(pick(await mutate(anna, name, { sessionId }, 'session { status }'), `${name}.session`)).toEqual({
          status,
        });
      }
    }
    for (const asker of [anna, anna, adam]) {
      const answer = await mutate(asker, 'deleteSession', { sessionId }, 'deletedSessionId session { status }');
      expect(pick(answer, 'deleteSession')).toEqual({
        deletedSessionId: Buffer.from(sessionId, 'base64url').toString().slice('Session:'.length),
        session: asker === adam ? { status: 'DELETED' } : null,
      });
    }
    expect(
      await ask(gateway, anna, 'query ($sessionId: ID!) { session(id: $sessionId) { id } }', { sessionId }),
    ).toEqual({ data: { session: null } });
  });

  it.each([
    ['a title that is too long', 'createSession', { title: 'x'.repeat(501) }],
    ['an id that is too long', 'createSession', { id: 'x'.repeat(37) }],
    ['a lifetime that is over', 'createSession', { lifetimeSeconds: 0 }],
    ['a character that cannot be stored', 'createSession', { title: 'nul \u0000' }],
    ['an owner that is nobody', 'createSession', { ownerId: 'ghost' }],
    ['metadata that is no object', 'createSession', { metadata: [1] }],
    ['a field that is not there', 'createSession', { password: 'x' }],
  ])('%s is BAD_USER_INPUT', async (_what, name, input) => {
    expect(codesOf(await mutate(adam, name, input, 'session { id }'))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('messages', () => {
  it('are numbered, and move the session on', async () => {
    const sessionId = await newSession({ title: 'Talk' });
    const first = await send({ sessionId, content: 'Hello' });
    expect(pick(first, 'sendMessage')).toMatchObject({
      message: { sequence: 1, role: 'USER', content: 'Hello', author: { username: 'anna' } },
      session: { id: sessionId, title: 'Talk', status: 'ACTIVE' },
      sessionWasCreated: false,
      wasDuplicate: false,
    });
    expect(
      pick(
        await send({ sessionId, role: 'ASSISTANT', content: 'Hi', model: 'gpt-5', tokenCount: 3, latencyMs: 12 }),
        'sendMessage.message.sequence',
      ),
    ).toBe(2);
    const answer = await ask(
      gateway,
      anna,
      'query ($id: ID!) { session(id: $id) { messageCount lastMessage { model tokenCount latencyMs author { username } } } }',
      { id: sessionId },
    );
    expect(pick(answer, 'session')).toEqual({
      messageCount: 2,
      lastMessage: { model: 'gpt-5', tokenCount: 3, latencyMs: 12, author: null },
    });
  });

  it('open a session of their own where none is named, and where the named one has expired', async () => {
    const alone = await send({ content: 'What is the weather?\nSecond line' });
    expect(pick(alone, 'sendMessage')).toMatchObject({
      sessionWasCreated: true,
      session: { title: 'What is the weather?', status: 'ACTIVE' },
      message: { sequence: 1 },
    });
    const sessionId = await newSession({ title: 'Short', lifetimeSeconds: 60 });
    await test.service.agentRuntime.query(
      `UPDATE sessions SET last_activity = last_activity - interval '2 minutes' WHERE title = 'Short'`,
    );
    const next = await send({ sessionId, content: 'Still there?' });
    expect(pick(next, 'sendMessage')).toMatchObject({
      sessionWasCreated: true,
      session: { title: 'Short', status: 'ACTIVE' },
    });
    expect(pick(next, 'sendMessage.session.id')).not.toBe(sessionId);
    const old = await ask(
      gateway,
      anna,
      'query ($id: ID!) { session(id: $id) { status messageCount events { nodes { eventType } } } }',
      { id: sessionId },
    );
    expect(pick(old, 'session')).toEqual({
      status: 'CLOSED',
      messageCount: 0,
      events: { nodes: [{ eventType: 'session_timeout' }] },
    });
  });

  it('are sent once, however often they are sent', async () => {
    const sessionId = await newSession();
    const input = { sessionId, content: 'Once', clientMessageId: 'once' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(input)));
    const payloads = answers.map(
      (answer) => pick(answer, 'sendMessage') as { wasDuplicate: boolean; message: { id: string } },
    );
    expect(payloads.filter(({ wasDuplicate }) => !wasDuplicate)).toHaveLength(1);
    expect(new Set(payloads.map(({ message }) => message.id)).size).toBe(1);
    expect(codesOf(await send({ ...input, content: 'Other' }))).toEqual(['CONFLICT']);
    expect(pick(await send({ ...input, sessionId: null }, boris), 'sendMessage.wasDuplicate')).toBe(false);
    expect(
      pick(
        await ask(gateway, anna, 'query ($id: ID!) { session(id: $id) { messageCount } }', { id: sessionId }),
        'session.messageCount',
      ),
    ).toBe(1);
  });

  it('are edited, which is seen', async () => {
    const messageId = pick(await send({ content: 'Tpyo' }), 'sendMessage.message.id') as string;
    const edited = await mutate(
      anna,
      'editMessage',
      { messageId, content: 'Typo', metadata: { edited: true } },
      'message { content metadata sequence editedAt }',
    );
    expect(pick(edited, 'editMessage.message')).toEqual({
      content: 'Typo',
      metadata: { edited: true },
      sequence: 1,
      editedAt: expect.stringMatching(/Z$/) as unknown,
    });
  });

  it('call tools, which answer and are recorded', async () => {
    const sessionId = await newSession();
    const toolCalls = [
      { id: 'c1', name: 'look', arguments: { at: 'it' } },
      { name: 'listen', arguments: '{"to":"it"}' },
    ];
    const asked = await send({ sessionId, role: 'ASSISTANT', toolCalls });
    const messageId = pick(asked, 'sendMessage.message.id') as string;
    await send({ sessionId, role: 'TOOL', toolCallId: 'c1', name: 'look', content: '{"seen":true}' });
    const record = { messageId, toolCallId: 'c1', name: 'look', serverName: 'eyes', executionTimeMs: 7 };
    const recorded = await mutate(
      anna,
      'recordToolCall',
      record,
      'toolCall { toolCallId name serverName arguments result executionTimeMs } message { sequence toolCalls { name } }',
    );
    expect(pick(recorded, 'recordToolCall')).toEqual({
      toolCall: {
        toolCallId: 'c1',
        name: 'look',
        serverName: 'eyes',
        arguments: { at: 'it' },
        result: { seen: true },
        executionTimeMs: 7,
      },
      message: { sequence: 1, toolCalls: [{ name: 'look' }, { name: 'listen' }] },
    });
    const unasked = await mutate(
      anna,
      'recordToolCall',
      { messageId, name: 'smell', error: 'no nose' },
      'toolCall { name error } message { toolCalls { name error } }',
    );
    expect(pick(unasked, 'recordToolCall')).toMatchObject({
      toolCall: { name: 'smell', error: 'no nose' },
      message: { toolCalls: [{}, {}, { name: 'smell' }] },
    });
  });

  it('are not taken by sessions that are over', async () => {
    for (const sessionId of ['closed-anna', 'archived-anna'])
      expect(codesOf(await send({ sessionId, content: 'x' }))).toEqual(['CONFLICT']);
    expect(codesOf(await send({ sessionId: 'deleted-anna', content: 'x' }))).toEqual(['NOT_FOUND']);
    expect(
      codesOf(await mutate(adam, 'editMessage', { messageId: 'deleted-anna-1', content: 'x' }, 'message { id }')),
    ).toEqual(['NOT_FOUND']);
  });

  it.each([
    ['no content', {}],
    ['empty content', { content: ' ' }],
    ['a tool call by a user', { content: 'x', toolCalls: [{ name: 'look' }] }],
    ['an answer to nothing', { role: 'TOOL', content: 'x' }],
    ['a negative count', { content: 'x', tokenCount: -1 }],
    ['a number beyond Int', { content: 'x', tokenCount: 2 ** 31 }],
    ['a character that cannot be stored', { content: 'nul \u0000' }],
    ['an empty clientMessageId', { content: 'x', clientMessageId: '' }],
  ])('%s is BAD_USER_INPUT', async (_what, input) => {
    expect(codesOf(await send(input))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('agents', () => {
  it('are switched to, once', async () => {
    const sessionId = await newSession();
    const selection = 'session { currentAgent agentSwitches { totalCount } } agentSwitch { fromAgent toAgent reason }';
    const first = await mutate(anna, 'switchAgent', { sessionId, toAgent: 'orchestrator' }, selection);
    expect(pick(first, 'switchAgent')).toEqual({
      session: { currentAgent: 'orchestrator', agentSwitches: { totalCount: 1 } },
      agentSwitch: { fromAgent: null, toAgent: 'orchestrator', reason: null },
    });
    for (let round = 0; round < 2; round += 1) {
      const next = await mutate(anna, 'switchAgent', { sessionId, toAgent: 'coder', reason: 'code' }, selection);
      expect(pick(next, 'switchAgent')).toEqual({
        session: { currentAgent: 'coder', agentSwitches: { totalCount: 2 } },
        agentSwitch: { fromAgent: 'orchestrator', toAgent: 'coder', reason: 'code' },
      });
    }
  });
});

describe('approvals', () => {
  const request = async (input: object): Promise<string> =>
    pick(await mutate(anna, 'requestApproval', input, 'approval { id }'), 'requestApproval.approval.id') as string;
  const decide = (
    approvalId: string,
    decision: string,
    asker: Asker = anna,
    more: object = {},
  ): Promise<GraphQLAnswer> =>
    mutate(
      asker,
      'decideApproval',
      { approvalId, decision, ...more },
      'approval { status decisionReason modifiedArguments decidedAt decidedBy { username } }',
    );

  it('are requested once', async () => {
    const sessionId = await newSession();
    const input = {
      sessionId,
      requestId: 'once',
      toolCallId: 'c9',
      toolName: 'rm',
      arguments: { all: true },
      details: { risk: 'high' },
      reason: 'because',
      expiresAt: '2100-01-01T00:00:00Z',
    };
    const id = await request(input);
    expect(await request(input)).toBe(id);
    const answer = await ask(
      gateway,
      anna,
      'query ($id: ID!) { approval(id: $id) { requestId requestType subject status arguments details reason expiresAt session { id } } }',
      { id },
    );
    expect(pick(answer, 'approval')).toEqual({
      requestId: 'once',
      requestType: 'tool',
      subject: 'rm',
      status: 'PENDING',
      arguments: { all: true },
      details: { risk: 'high' },
      reason: 'because',
      expiresAt: '2100-01-01T00:00:00.000Z',
      session: { id: sessionId },
    });
  });

  it('have one decision that stands; the loser is told which', async () => {
    const sessionId = await newSession();
    const id = await request({ sessionId });
    const answers = await Promise.all(
      ['APPROVE', 'REJECT', 'APPROVE', 'REJECT'].map((decision) => decide(id, decision, anna, { reason: decision })),
    );
    const winners = answers.filter(({ errors }) => errors === undefined);
    expect(winners).toHaveLength(1);
    const status = pick(winners[0] as GraphQLAnswer, 'decideApproval.approval.status') as string;
    expect(pick(winners[0] as GraphQLAnswer, 'decideApproval.approval')).toMatchObject({
      decisionReason: status === 'APPROVED' ? 'APPROVE' : 'REJECT',
      decidedBy: { username: 'anna' },
    });
    for (const { errors } of answers.filter((answer) => answer !== winners[0])) {
      expect(errors).toMatchObject([{ extensions: { code: 'CONFLICT', status, decidedById: 'anna' } }]);
    }
    expect(codesOf(await mutate(anna, 'cancelApproval', { approvalId: id }, 'approval { id }'))).toEqual(['CONFLICT']);
  });

  it('are decided with other arguments, cancelled, and expire', async () => {
    const sessionId = await newSession();
    const edited = await decide(await request({ sessionId }), 'EDIT', tess, { modifiedArguments: { less: true } });
    expect(pick(edited, 'decideApproval.approval')).toMatchObject({
      status: 'APPROVED',
      modifiedArguments: { less: true },
    });
    const cancelled = await mutate(
      anna,
      'cancelApproval',
      { approvalId: await request({ sessionId }), reason: 'never mind' },
      'approval { status decisionReason }',
    );
    expect(pick(cancelled, 'cancelApproval.approval')).toEqual({ status: 'CANCELLED', decisionReason: 'never mind' });
    const expiring = await request({ sessionId, requestId: 'expiring', expiresAt: '2100-01-01T00:00:00Z' });
    await test.service.agentRuntime.query(
      `UPDATE pending_approvals SET expires_at = now() WHERE request_id = 'expiring'`,
    );
    expect(codesOf(await decide(expiring, 'APPROVE'))).toEqual(['CONFLICT']);
    expect(
      pick(
        await ask(gateway, anna, 'query ($id: ID!) { approval(id: $id) { status } }', { id: expiring }),
        'approval.status',
      ),
    ).toBe('EXPIRED');
  });

  it.each([
    ['EDIT without arguments', 'EDIT', {}],
    ['APPROVE with arguments', 'APPROVE', { modifiedArguments: {} }],
    ['a decision that is none', 'MAYBE', {}],
  ])('%s is BAD_USER_INPUT', async (_what, decision, more) => {
    expect(codesOf(await decide('approval-anna-1', decision, anna, more))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('events, audit entries, users and tokens', () => {
  it('events are tracked with a session or without', async () => {
    const selection = 'event { eventType data user { username } session { title } }';
    const within = await mutate(
      anna,
      'trackEvent',
      { sessionId: 'trip-anna', eventType: 'message_sent', data: { n: 1 } },
      selection,
    );
    expect(pick(within, 'trackEvent.event')).toEqual({
      eventType: 'message_sent',
      data: { n: 1 },
      user: { username: 'anna' },
      session: { title: 'A trip to Kazan' },
    });
    expect(
      pick(await mutate(anna, 'trackEvent', { eventType: 'chat_opened' }, selection), 'trackEvent.event'),
    ).toMatchObject({ data: {}, session: null });
    expect(codesOf(await mutate(anna, 'trackEvent', { eventType: 'Not a type' }, selection))).toEqual([
      'BAD_USER_INPUT',
    ]);
  });

  it('audit entries are recorded by services, once', async () => {
    const input = {
      id: 'recorded',
      userId: 'carla',
      eventType: 'login_failed',
      success: false,
      errorMessage: 'wrong',
      ipAddress: '2001:db8::1',
      eventData: [1],
    };
    const selection = 'auditLog { id success errorMessage ipAddress eventData user { username } }';
    const expected = {
      id: globalIdOf('AuditLog', 'recorded'),
      success: false,
      errorMessage: 'wrong',
      ipAddress: '2001:db8::1',
      eventData: [1],
      user: { username: 'carla' },
    };
    for (let round = 0; round < 2; round += 1)
      expect(pick(await mutate('internal', 'recordAuditLog', input, selection), 'recordAuditLog.auditLog')).toEqual(
        expected,
      );
    expect(pick(await ask(gateway, carla, '{ auditLogs(first: 1) { nodes { id } } }'), 'auditLogs.nodes.0.id')).toBe(
      expected.id,
    );
    expect(codesOf(await mutate('internal', 'recordAuditLog', { eventType: 'x', userId: 'ghost' }, selection))).toEqual(
      ['BAD_USER_INPUT'],
    );
  });

  it('tokens are revoked: ones own, all or some', async () => {
    const revoke = (input: object, asker: Asker = anna) =>
      mutate(
        asker,
        'revokeRefreshTokens',
        input,
        'revokedCount user { username refreshTokens(activeOnly: true) { totalCount } }',
      );
    expect(
      pick(await revoke({ tokenIds: [globalIdOf('RefreshToken', 'token-boris')] }), 'revokeRefreshTokens.revokedCount'),
    ).toBe(0);
    expect(
      pick(
        await revoke({ tokenIds: [globalIdOf('RefreshToken', 'token-anna-1'), 'token-carla'] }),
        'revokeRefreshTokens',
      ),
    ).toEqual({
      revokedCount: 1,
      user: { username: 'anna', refreshTokens: { totalCount: 0 } },
    });
    expect(codesOf(await revoke({ userId: 'boris' }))).toEqual(['NOT_FOUND']);
    expect(pick(await revoke({ userId: 'boris', clientId: 'other' }, tess), 'revokeRefreshTokens.revokedCount')).toBe(
      0,
    );
    expect(pick(await revoke({ userId: 'boris' }, tess), 'revokeRefreshTokens.revokedCount')).toBe(1);
  });

  it('users are switched off and on by administrators', async () => {
    const setActive = (userId: string, isActive: boolean, asker: Asker) =>
      mutate(asker, 'setUserActive', { userId, isActive }, 'user { username isActive }');
    expect(pick(await setActive('boris', false, tess), 'setUserActive.user')).toEqual({
      username: 'boris',
      isActive: false,
    });
    expect(codesOf(await setActive('carla', false, tess))).toEqual(['NOT_FOUND']);
    expect(codesOf(await setActive('tess', false, tess))).toEqual(['CONFLICT']);
    expect(pick(await setActive(globalIdOf('User', 'boris'), true, adam), 'setUserActive.user')).toEqual({
      username: 'boris',
      isActive: true,
    });
    expect(
      pick(
        await ask(
          gateway,
          adam,
          '{ auditLogs(filter: { eventType: ["user_deactivated"] }) { nodes { user { username } eventData } } }',
        ),
        'auditLogs.nodes',
      ),
    ).toEqual([{ user: { username: 'tess' }, eventData: { userId: 'boris' } }]);
  });
});

describe('several mutations in one document', () => {
  it('run one after the other, and each answers with what is there then', async () => {
    const sessionId = await newSession({ title: 'zero' });
    const answer = await ask(
      gateway,
      anna,
      `mutation ($sessionId: ID!) {
        one: updateSession(input: { sessionId: $sessionId, title: "one" }) { session { title usage { messageCount } messages { totalCount nodes { content } } } }
        two: sendMessage(input: { sessionId: $sessionId, content: "hello" }) { session { title usage { messageCount } messages { totalCount nodes { content } } } }
        three: updateSession(input: { sessionId: $sessionId, title: "three" }) { session { title usage { messageCount } messages { totalCount nodes { content } } } }
      }`,
      { sessionId },
    );
    const withMessage = { usage: { messageCount: 1 }, messages: { totalCount: 1, nodes: [{ content: 'hello' }] } };
    expect(answer).toEqual({
      data: {
        one: { session: { title: 'one', usage: { messageCount: 0 }, messages: { totalCount: 0, nodes: [] } } },
        two: { session: { title: 'one', ...withMessage } },
        three: { session: { title: 'three', ...withMessage } },
      },
    });
  });

  it('that fail leave the others alone', async () => {
    const answer = await ask(
      gateway,
      anna,
      'mutation { a: closeSession(input: { sessionId: "ghost" }) { session { id } } b: trackEvent(input: { eventType: "chat_closed" }) { event { eventType } } }',
    );
    expect(answer.errors).toMatchObject([{ path: ['a'], extensions: { code: 'NOT_FOUND' } }]);
  });
});
