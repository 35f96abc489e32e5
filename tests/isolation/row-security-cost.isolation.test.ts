import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addMessages, addSession } from '../support/people.ts';
import { testDatabases, type TestDatabases } from '../support/databases.ts';
import { Database } from '../../src/databases/database.ts';
import { agentRuntimeDefinition } from '../../src/databases/definitions.ts';
import { enableRowSecurity } from '../../src/databases/row-security/switch.ts';
import { viewerOf } from '../../src/services/identity/viewer.ts';
import { messageSource } from '../../src/services/messages/message-source.ts';
import { pageRequestOf } from '../../src/services/reading/page-request.ts';
import { Reader } from '../../src/services/reading/reader.ts';
import type { Source } from '../../src/services/reading/source.ts';
import { sessionSource } from '../../src/services/sessions/session-source.ts';
import { silentLog } from '../../src/shared/log.ts';

/** What the second wall costs: the same pages with and without, in turns. ROW_SECURITY_COST=<pages each> runs it. */
const pages = Number(process.env['ROW_SECURITY_COST'] ?? 0);
const walls = ['off', 'on'] as const;
type Wall = (typeof walls)[number];
const batch = 250;
const ticksPerSecond = 100;

let tests: Record<Wall, TestDatabases>;

beforeAll(async () => {
  if (pages === 0) return;
  tests = { off: await testDatabases({ rowSecurity: false }), on: await testDatabases({ rowSecurity: true }) };
  for (const test of Object.values(tests)) {
    for (let index = 0; index < 200; index += 1) await addSession(test, `s-${index}`, { userId: `u-${index % 10}` }, 3);
    await addMessages(test, 's-0', 10, 1000);
    await test.service.agentRuntime.query('ANALYZE');
  }
  const owner = Database.open(agentRuntimeDefinition, tests.on.roads.agentRuntime.owner, silentLog());
  await enableRowSecurity(owner);
  await owner.close();
});
afterAll(async () => {
  if (pages > 0) for (const test of Object.values(tests)) await test.close();
});

/** Seconds that the database's backends have had of the processors. */
async function backendSeconds(test: TestDatabases): Promise<number> {
  const { rows } = await test.service.agentRuntime.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database()',
  );
  const ticks = rows.map(({ pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond;
}

async function readPages(
  test: TestDatabases,
  source: Source,
  parent: string | null,
  columns: string[],
): Promise<{ node: number; postgres: number }> {
  const viewer = viewerOf({ userId: 'u-0', scopes: ['api:read'] });
  const read = (): Promise<unknown> =>
    new Reader(test.databases, viewer).page(
      {
        source,
        relation: parent === null ? null : 'session',
        request: pageRequestOf({ first: parent === null ? 20 : 50 }),
        filter: null,
        orderBy: null,
        columns,
        withPlaces: true,
        withMore: true,
      },
      parent,
    );
  const before = { node: process.cpuUsage(), postgres: await backendSeconds(test) };
  for (let index = 0; index < batch; index += 5) await Promise.all(Array.from({ length: 5 }, read));
  const { user, system } = process.cpuUsage(before.node);
  return { node: (user + system) / 1e6, postgres: (await backendSeconds(test)) - before.postgres };
}

it.runIf(pages > 0)('what row-level security costs', { timeout: 600_000 }, async () => {
  const kinds: [string, Source, string | null, string[]][] = [
    ['50 messages of a session', messageSource, 's-0', ['id', 'sequence', 'role', 'content', 'createdAt']],
    ['20 sessions of a user', sessionSource, null, ['id', 'title', 'status', 'lastActivityAt']],
  ];
  for (const [title, source, parent, columns] of kinds) {
    const sums = { off: { node: 0, postgres: 0 }, on: { node: 0, postgres: 0 } };
    for (const wall of walls) await readPages(tests[wall], source, parent, columns);
    for (let done = 0; done < pages; done += batch) {
      for (const wall of walls) {
        const took = await readPages(tests[wall], source, parent, columns);
        sums[wall].node += took.node;
        sums[wall].postgres += took.postgres;
      }
    }
    const per1000 = (seconds: number): string => `${((seconds / pages) * 1e6).toFixed(0)} ms`;
    for (const part of ['node', 'postgres'] as const) {
      const [off, on] = [sums.off[part], sums.on[part]];
      process.stdout.write(
        `${title}, ${part}: CPU per 1,000 off ${per1000(off)}, on ${per1000(on)}, ratio ${(on / off).toFixed(2)}\n`,
      );
      expect(on).toBeGreaterThan(0);
    }
  }
});
