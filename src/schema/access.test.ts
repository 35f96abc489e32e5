import { expect, it } from 'vitest';
import { viewerOf } from '../services/identity/viewer.ts';
import { access, rules, type Rule } from './access.ts';

const scopes = ['api:read', 'api:write', 'tenant:admin', 'audit:read', 'api:admin'];

/** Which single scopes suffice, and what is said to those who have none of them. */
const expected: Record<Rule, { allowed: readonly string[]; needs: string }> = {
  anyone: { allowed: [...scopes, 'none'], needs: 'a token' },
  reader: { allowed: ['api:read', 'tenant:admin', 'api:admin'], needs: 'the scope api:read' },
  auditReader: {
    allowed: ['api:read', 'tenant:admin', 'audit:read', 'api:admin'],
    needs: 'the scope api:read or audit:read',
  },
  writer: { allowed: ['api:write', 'tenant:admin', 'api:admin'], needs: 'the scope api:write' },
  manager: { allowed: ['tenant:admin', 'api:admin'], needs: 'the scope tenant:admin or api:admin' },
  administrator: { allowed: ['api:admin'], needs: 'the scope api:admin' },
};

it.each(Object.entries(rules))('%s', (name, { allows, needs }) => {
  const allowed = [...scopes, 'none'].filter((scope) => allows(viewerOf({ userId: 'anna', scopes: [scope] })));
  expect({ allowed, needs }).toEqual(expected[name as Rule]);
});

/** The table of operations once more, turned around: a row that is changed by mistake differs from its twin. */
const operations: Record<Rule, readonly string[]> = {
  anyone: ['Query.viewer', 'Query._service'],
  reader: [
    ...['session', 'sessions', 'message', 'searchMessages', 'approval', 'approvals', 'messageFeedCursor'].map(
      (name) => `Query.${name}`,
    ),
    ...['messageAdded', 'messageFeed', 'messageChanged', 'sessionChanged', 'approvalChanged'].map(
      (name) => `Subscription.${name}`,
    ),
  ],
  auditReader: [
    ...['node', 'nodes', 'user', 'users', 'auditLog', 'auditLogs', '_entities'].map((name) => `Query.${name}`),
    'Subscription.auditLogAdded',
  ],
  writer: [],
  manager: ['Mutation.setUserActive'],
  administrator: ['Query.oauthClients', 'Mutation.recordAuditLog'],
};

it.each(Object.entries(operations).filter(([rule]) => rule !== 'writer'))('what the rule %s is for', (rule, paths) => {
  const ruled = Object.keys(access).filter((path) => access[path] === rule);
  expect(ruled.toSorted()).toEqual(paths.toSorted());
});

it('whatever else writes is for writers', () => {
  const named = Object.values(operations).flat();
  for (const path of Object.keys(access).filter((each) => !named.includes(each))) {
    expect([path, access[path]]).toEqual([path, 'writer']);
    expect(path).toMatch(/^Mutation\./);
  }
});
