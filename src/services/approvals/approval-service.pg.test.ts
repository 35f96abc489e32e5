import { sql } from '../../shared/sql.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  administrator,
  alice,
  bob,
  insertUsers,
  loggedKinds,
  openWrites,
  tenantAdmin,
  type Writes,
} from '../../../tests/support/writes.ts';
import { Reader } from '../reading/reader.ts';
import { approvalSource } from './approval-source.ts';
import { expireApprovals } from './expire-approvals.ts';

let writes: Writes;
let sessionId: string;

beforeAll(async () => {
  writes = await openWrites();
  await insertUsers(writes);
  ({ sessionId } = await writes.services.sessions.create(alice, {}));
});

afterAll(async () => {
  await writes.close();
});

type Request = Parameters<Writes['services']['approvals']['request']>[1];

const request = (input: Partial<Request> = {}, viewer = alice) =>
  writes.services.approvals.request(viewer, { sessionId, ...input });

const approvalRow = async (id: string) => {
  const [row] = await writes.databases.agentRuntime.query<Record<string, unknown>>(
    sql`SELECT * FROM pending_approvals WHERE id = ${id}`,
  );
  return row;
};

const expire = (id: string) =>
  writes.databases.agentRuntime.query(
    sql`UPDATE pending_approvals SET expires_at = now() - interval '1 second' WHERE id = ${id}`,
  );

test('a request is stored as it was made', async () => {
  const expiresAt = new Date(Date.now() + 60_000);
  const { approvalId } = await request({
    requestType: 'plan',
    subject: 'S',
    details: 'a text',
    arguments: [1, { a: null }],
    toolCallId: 'c1',
    toolName: 'rm',
    expiresAt,
  });
  expect(await approvalRow(approvalId)).toMatchObject({
    request_type: 'plan',
    subject: 'S',
    details: 'a text',
    arguments: [1, { a: null }],
    call_id: 'c1',
    tool_name: 'rm',
    status: 'pending',
    expires_at: expiresAt,
    decision_at: null,
  });
});

test('the same request again is the same one, in another session another one under the same name', async () => {
  const first = await request({ requestId: 'r1', reason: 'a' });
  expect(await request({ requestId: 'r1', reason: 'a' })).toEqual(first);
  const concurrent = await Promise.all(Array.from({ length: 5 }, () => request({ requestId: 'r2' })));
  expect(new Set(concurrent.map((one) => one.approvalId)).size).toBe(1);
  const other = await writes.services.sessions.create(bob, {});
  const elsewhere = await request({ requestId: 'r1', sessionId: other.sessionId }, bob);
  expect(elsewhere).not.toEqual(first);
  expect(await request({ requestId: 'r1', sessionId: other.sessionId }, bob)).toEqual(elsewhere);
  const reader = new Reader(writes.databases, bob);
  await expect(reader.one(approvalSource, elsewhere.approvalId, ['requestId'])).resolves.toMatchObject({
    requestId: 'r1',
  });
});

test('a request must not have expired already', async () => {
  await expect(request({ expiresAt: new Date(Date.now() - 1000) })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test.each([
  ['APPROVE', undefined, 'approved'],
  ['REJECT', undefined, 'rejected'],
  ['EDIT', { to: 'Oslo' }, 'approved'],
] as const)('the decision %s stands and is audited', async (decision, modifiedArguments, status) => {
  const { approvalId } = await request();
  await writes.services.approvals.decide(alice, { approvalId, decision, modifiedArguments, reason: 'because' });
  expect(await approvalRow(approvalId)).toMatchObject({
    status,
    decided_by: 'alice',
    decision_reason: 'because',
    modified_arguments: modifiedArguments ?? null,
  });
  const outbox = await writes.databases.agentRuntime.query(
    sql`SELECT entry FROM scrollback.outbox WHERE entry -> 'eventData' ->> 'approvalId' = ${approvalId}`,
  );
  expect(outbox).toMatchObject([
    { entry: { eventType: 'approval_decided', userId: 'alice', eventData: { decision, sessionId } } },
  ]);
});

test('of several decisions at once exactly one wins, and the others learn which', async () => {
  const own = (await writes.services.sessions.create(alice, {})).sessionId;
  const { approvalId } = await request({ sessionId: own });
  const deciders = [alice, tenantAdmin, administrator, alice, tenantAdmin];
  const results = await Promise.allSettled(
    deciders.map((viewer, index) =>
      writes.services.approvals.decide(viewer, {
        approvalId,
        decision: index % 2 === 0 ? 'APPROVE' : 'REJECT',
        reason: `r${index}`,
      }),
    ),
  );
  const won = results.findIndex((result) => result.status === 'fulfilled');
  const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  expect(lost).toHaveLength(deciders.length - 1);
  const decidedAt = (await approvalRow(approvalId))?.['decision_at'] as Date;
  const losers = deciders.filter((_, index) => index !== won);
  const winner = deciders[won]?.userId;
  for (const [index, error] of lost.entries()) {
    // A user knows nobody but themselves.
    const isKnown = losers[index] !== alice || winner === 'alice';
    expect(error).toMatchObject({
      code: 'CONFLICT',
      details: {
        reason: 'APPROVAL_DECIDED',
        status: won % 2 === 0 ? 'APPROVED' : 'REJECTED',
        decidedById: isKnown ? winner : null,
        decisionReason: `r${won}`,
        decidedAt: decidedAt.toISOString(),
      },
    });
  }
  expect(await loggedKinds(writes, own)).toEqual(['session_created', 'approval_requested', 'approval_changed']);
});

test('a decision and a cancellation exclude each other', async () => {
  const { approvalId } = await request();
  const { approvals } = writes.services;
  await approvals.cancel(alice, { approvalId, reason: 'no longer needed' });
  expect(await approvalRow(approvalId)).toMatchObject({ status: 'cancelled', decision_reason: 'no longer needed' });
  const late = approvals.decide(alice, { approvalId, decision: 'APPROVE' });
  await expect(late).rejects.toMatchObject({ code: 'CONFLICT', details: { status: 'CANCELLED' } });
});

test('nobody decides an expired request', async () => {
  const { approvalId } = await request();
  await expire(approvalId);
  const { approvals } = writes.services;
  const expired = { code: 'CONFLICT', details: { reason: 'APPROVAL_EXPIRED' } };
  await expect(approvals.decide(alice, { approvalId, decision: 'APPROVE' })).rejects.toMatchObject(expired);
  await expect(approvals.cancel(alice, { approvalId })).rejects.toMatchObject(expired);
});

test('EDIT needs arguments and the others have none', async () => {
  const { approvalId } = await request();
  const { approvals } = writes.services;
  const refused = { code: 'BAD_USER_INPUT' };
  await expect(approvals.decide(alice, { approvalId, decision: 'EDIT' })).rejects.toMatchObject(refused);
  await expect(
    approvals.decide(alice, { approvalId, decision: 'REJECT', modifiedArguments: {} }),
  ).rejects.toMatchObject(refused);
});

test('others do not find a request, nor do owners of a deleted session', async () => {
  const own = (await writes.services.sessions.create(alice, {})).sessionId;
  const { approvalId } = await request({ sessionId: own });
  const { approvals } = writes.services;
  const notFound = { code: 'NOT_FOUND' };
  await expect(request({ sessionId: own }, bob)).rejects.toMatchObject(notFound);
  await expect(approvals.decide(bob, { approvalId, decision: 'APPROVE' })).rejects.toMatchObject(notFound);
  await expect(approvals.cancel(bob, { approvalId })).rejects.toMatchObject(notFound);
  await writes.services.sessions.delete(alice, own);
  await expect(approvals.decide(alice, { approvalId, decision: 'APPROVE' })).rejects.toMatchObject(notFound);
  await expect(approvals.decide(administrator, { approvalId, decision: 'APPROVE' })).rejects.toMatchObject(notFound);
  await expect(approvals.cancel(alice, { approvalId: 'a\0' })).rejects.toMatchObject(notFound);
});

test('that the time to decide is over is written down once, and told', async () => {
  const { approvalId } = await request();
  const { approvalId: later } = await request({ expiresAt: new Date(Date.now() + 60_000) });
  await expire(approvalId);
  const { agentRuntime } = writes.databases;
  while ((await expireApprovals(agentRuntime, 1)) > 0);
  expect(await approvalRow(approvalId)).toMatchObject({ status: 'expired', decision_at: null });
  expect(await approvalRow(later)).toMatchObject({ status: 'pending' });
  expect(
    await agentRuntime.query(
      sql`SELECT kind FROM scrollback.session_log WHERE subject_id = ${approvalId} ORDER BY number`,
    ),
  ).toEqual([{ kind: 'approval_requested' }, { kind: 'approval_changed' }]);
  expect(await expireApprovals(agentRuntime, 1)).toBe(0);
});
