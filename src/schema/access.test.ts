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

it('nothing that writes is open to readers, and nothing at all to anyone but who one is', () => {
  const open = Object.entries(access).filter(([, rule]) => rule === 'anyone');
  expect(open.map(([path]) => path)).toEqual(['Query.viewer', 'Query._service']);
  const writing = Object.entries(access).filter(([path]) => path.startsWith('Mutation.'));
  expect(new Set(writing.map(([, rule]) => rule))).toEqual(new Set(['writer', 'administrator', 'manager']));
});
