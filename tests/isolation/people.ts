import type { SeededRandom } from '../chaos/random.ts';
import type { TestGateway } from '../support/gateway.ts';
import type { Person } from './reference.ts';
import { tenants } from './world.ts';

const scopeSets = [
  ['api:read'],
  ['api:read', 'api:write'],
  ['api:read', 'api:write'],
  ['api:write'],
  ['audit:read'],
  ['api:read', 'audit:read'],
  ['tenant:admin'],
  ['api:read', 'api:write', 'tenant:admin', 'audit:read'],
  [],
] as const;

/** An internal service: everything, and nobody. */
const internal: Person = { userId: null, tenantId: 'default', scopes: ['api:admin', 'internal'] };

/** Somebody: a user with some scopes, now and then in a tenant that is not theirs, in no table, or with all rights. */
export function somebody(random: SeededRandom): Person {
  const chance = random.below(20);
  if (chance === 0) return internal;
  const tenant = random.pick(tenants);
  const userId = chance === 1 ? 'ghost' : `${tenant}-${random.below(4)}`;
  const scopes = chance === 2 ? ['api:read', 'api:admin'] : random.pick(scopeSets);
  return { userId, tenantId: chance < 6 ? random.pick(tenants) : tenant, scopes };
}

const tokens = new WeakMap<TestGateway, Map<string, Promise<string>>>();

/** What a person's requests carry. */
export async function credentialsOf(gateway: TestGateway, person: Person): Promise<Record<string, string>> {
  const { userId, tenantId, scopes } = person;
  if (userId === null) return { 'x-internal-auth': gateway.internalApiKey };
  const known = tokens.get(gateway) ?? new Map<string, Promise<string>>();
  tokens.set(gateway, known);
  const name = JSON.stringify(person);
  const token = known.get(name) ?? gateway.token({ userId, tenantId, scopes, expiresInSeconds: 7200 });
  known.set(name, token);
  return { authorization: `Bearer ${await token}` };
}

/** One operation over HTTP. */
export async function ask(gateway: TestGateway, person: Person, query: string, variables: object): Promise<unknown> {
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(await credentialsOf(gateway, person)) },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}
