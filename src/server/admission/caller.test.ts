import { expect, it } from 'vitest';
import { viewerOf } from '../../services/identity/viewer.ts';
import { keysOf } from './caller.ts';

it.each([
  ['a stranger', null, { user: 'address 10.0.0.1', tenant: null }],
  [
    'a user',
    viewerOf({ userId: 'anna', tenantId: 'acme', scopes: [] }),
    { user: 'user acme anna', tenant: 'tenant acme' },
  ],
  ['an internal service', viewerOf({ userId: null, tenantId: 'acme', scopes: [] }), { user: null, tenant: null }],
])('%s is counted under its own names', (_who, viewer, keys) => {
  expect(keysOf({ viewer, address: '10.0.0.1' })).toEqual(keys);
});
