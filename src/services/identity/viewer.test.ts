import { expect, it } from 'vitest';
import { allScopes, audienceOf, viewerOf } from './viewer.ts';

const may = (...scopes: string[]): string[] => {
  const { isAdmin, isTenantAdmin, canReadAudit, canRead } = viewerOf({ userId: 'anna', scopes });
  return Object.entries({ isAdmin, isTenantAdmin, canReadAudit, canRead }).flatMap(([name, holds]) =>
    holds ? [name] : [],
  );
};

it.each([
  ['api:read', ['canRead']],
  ['api:write', ['canRead']],
  ['tenant:admin', ['isTenantAdmin', 'canRead']],
  ['audit:read', ['canReadAudit']],
  ['api:admin', ['isAdmin', 'isTenantAdmin', 'canReadAudit', 'canRead']],
  ['', []],
  ['API:ADMIN', []],
  ['api:admin ', []],
])('the scope "%s" allows %o', (scope, allowed) => expect(may(scope)).toEqual(allowed));

it('scopes add up, and those that nobody knows add nothing', () => {
  expect(may('audit:read', 'api:read', 'root')).toEqual(['canReadAudit', 'canRead']);
  expect(allScopes).toEqual(['api:read', 'api:write', 'api:admin', 'tenant:admin', 'audit:read']);
});

it('what a token does not say is the default tenant, no client and no end', () => {
  expect(viewerOf({ userId: null, scopes: [] })).toMatchObject({
    userId: null,
    tenantId: 'default',
    clientId: null,
    expiresAt: null,
  });
  expect(viewerOf({ userId: 'a', scopes: [], tenantId: 't', clientId: 'c', expiresAt: 7 })).toMatchObject({
    tenantId: 't',
    clientId: 'c',
    expiresAt: 7,
  });
});

it('cursors are for one subject of one tenant', () => {
  const audiences = [
    { userId: 'a', tenantId: 't' },
    { userId: 't', tenantId: 'a' },
    { userId: null, tenantId: 't' },
    { userId: 'null', tenantId: 't' },
  ].map((claims) => audienceOf(viewerOf({ ...claims, scopes: [] })));
  expect(new Set(audiences).size).toBe(4);
});
