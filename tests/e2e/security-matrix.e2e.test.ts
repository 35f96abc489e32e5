import { readFileSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attacks, type Attack, type Target, type Tokens } from '../support/attacks.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { transports, type Attempt, type Outcome, type Transport } from '../support/transports.ts';
import { fillWorld, people } from '../support/world.ts';

/** As in production; only the many attacks of one user are not to meet its rate. */
const production = { INTROSPECTION: 'false', ALLOWED_ORIGINS: 'https://app.example' };
const maxGrowth = 256 * 1024 * 1024;

let test: TestDatabases;
let gateways: Readonly<Record<Target, TestGateway>>;
let tokens: Tokens;

beforeAll(async () => {
  test = await testDatabases();
  await fillWorld(test);
  gateways = {
    usual: await startTestGateway(test, production),
    trusted: await startTestGateway(test, { ...production, TRUSTED_DOCUMENTS: 'true' }),
    rated: await startTestGateway(test, { ...production, RATE_LIMIT_USER: '2', RATE_LIMIT_BURST_SECONDS: '2' }),
  };
  tokens = await tokensOf(gateways.usual);
});
afterAll(async () => {
  await Promise.all(Object.values(gateways).map((gateway) => gateway.stop()));
  await test.close();
});

async function tokensOf(gateway: TestGateway): Promise<Tokens> {
  const { userId, scopes } = people.anna;
  const claims = { sub: userId, type: 'access', scope: scopes.join(' ') };
  const unsigned = new UnsecuredJWT(claims).setIssuer('https://auth.codelab.local').setAudience('codelab-api');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'x' }).setExpirationTime('1h');
  return {
    valid: `Bearer ${await gateway.token(people.anna)}`,
    expired: `Bearer ${await gateway.token({ ...people.anna, expiresInSeconds: -60 })}`,
    unsigned: `Bearer ${unsigned.setExpirationTime('1h').encode()}`,
    foreign: `Bearer ${await foreign.sign(privateKey)}`,
  };
}

/** Each gateway has keys of its own, and each transport a user of its own, whose rate nobody else has used. */
async function attemptOn(attack: Attack, transport: string): Promise<Attempt> {
  const target = gateways[attack.target ?? 'usual'];
  const userId = attack.target === 'rated' ? `${attack.name} ${transport}`.slice(0, 36) : people.anna.userId;
  return attack.attempt({ ...tokens, valid: `Bearer ${await target.token({ ...people.anna, userId })}` });
}

async function run(attack: Attack, name: string, transport: Transport): Promise<Outcome> {
  const attempt = await attemptOn(attack, name);
  let outcome = '';
  for (let turn = 0; turn < (attack.times ?? 1); turn += 1)
    outcome = await transport(gateways[attack.target ?? 'usual'], attempt);
  return outcome;
}

const expectedOn = ({ expected }: Attack, transport: keyof typeof transports): Outcome =>
  typeof expected === 'string' ? expected : expected[transport];

describe.each(Object.keys(transports) as (keyof typeof transports)[])('over %s', (name) => {
  it.each(attacks)('$name', async (attack) => {
    const before = process.memoryUsage().rss;
    expect(await run(attack, name, transports[name])).toBe(expectedOn(attack, name));
    expect(process.memoryUsage().rss - before).toBeLessThan(maxGrowth);
  });
});

it('is written down as it is', () => {
  const file = 'docs/security-matrix.md';
  const rows = attacks.map((attack) => {
    const cells = (['HTTP', 'WebSocket', 'events'] as const).map((name) => `\`${expectedOn(attack, name)}\``);
    return `| ${attack.name} | ${cells.join(' | ')} |`;
  });
  const table = ['| Attack | HTTP | WebSocket | server-sent events |', '|---|---|---|---|', ...rows].join('\n');
  const text = readFileSync(file, 'utf8');
  const written = text.replace(/(<!-- matrix -->\n)[\s\S]*?(\n<!-- end -->)/, `$1\n${table}\n$2`);
  if (process.env['UPDATE_DOCS'] === 'true') writeFileSync(file, written);
  expect(text).toBe(written);
});
