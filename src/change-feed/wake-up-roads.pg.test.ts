import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openRoad, type Road } from '../../tests/chaos/road.ts';
import { numberMessages, testDatabases, type TestDatabases } from '../../tests/support/databases.ts';
import { startNats } from '../../tests/support/nats.ts';
import { addMessages, addSession } from '../../tests/support/people.ts';
import { isMissing } from '../../tests/support/programs.ts';
import { expectSoon } from '../../tests/support/expect-soon.ts';
import type { BusConfig, WakeUp } from '../config/config.ts';
import type { DatabaseConfig } from '../config/database-config.ts';
import { loadConfig } from '../config/config.ts';
import { silentLog } from '../shared/log.ts';
import { WakeUpRoads } from './wake-up-roads.ts';

let test: TestDatabases;
let road: Road;
let direct: DatabaseConfig;
let opened: WakeUpRoads[];
const role = `follower_${randomBytes(4).toString('hex')}`;

beforeEach(async () => {
  test = await testDatabases();
  road = await openRoad();
  opened = [];
  const config = test.roads.agentRuntime.gateway;
  road.lead(config.port);
  direct = { ...config, port: road.port };
});
afterEach(async () => {
  await Promise.all(opened.map((roads) => roads.stop()));
  await road.close();
  await test.close();
  await asSuperuser(`DROP ROLE IF EXISTS ${role}`);
});

async function asSuperuser(...statements: string[]): Promise<void> {
  const client = new pg.Client(inject('testServer').superuser.replace('%s', 'postgres'));
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** With the one right that a slot needs, and no other. */
async function follower(): Promise<DatabaseConfig> {
  await asSuperuser(
    `CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'follow'`,
    `GRANT CONNECT ON DATABASE ${direct.database} TO ${role}`,
  );
  return { ...direct, user: role, password: 'follow' };
}

function open(wakeUps: readonly WakeUp[], at: DatabaseConfig = direct, bus: BusConfig | null = null) {
  const hints: (number | undefined)[] = [];
  const roads = new WakeUpRoads({
    database: test.databases.agentRuntime,
    direct: at,
    config: { wakeUps, bus },
    heard: (upTo) => hints.push(upTo),
    log: silentLog(),
    proving: { everyMs: 100, withinMs: 500 },
  });
  opened.push(roads);
  roads.start();
  return { roads, hints };
}

const lastPosition = async (): Promise<number> => {
  const { rows } = await test.service.agentRuntime.query<{ position: number }>(
    'SELECT max(position)::int AS position FROM scrollback.session_log',
  );
  return rows[0]?.position ?? 0;
};

const changeTitle = (sessionId: string): Promise<unknown> =>
  test.service.agentRuntime.query('UPDATE sessions SET title = gen_random_uuid() WHERE id = $1', [sessionId]);

describe('notifications', () => {
  it('come from other gateways', async () => {
    const [one, other] = [open(['notify']), open(['notify'])];
    await expectSoon(() => one.roads.state.mode === 'notify' && other.roads.state.mode === 'notify');
    const before = other.hints.length;
    one.roads.tell();
    await expectSoon(() => other.hints.length > before);
  });

  it('are given up when their connection dies without a word, and come back by themselves', async () => {
    const { roads, hints } = open(['notify']);
    await expectSoon(() => roads.state.mode === 'notify');
    road.silence();
    road.lead(null);
    await expectSoon(() => roads.state.mode === 'poll');
    const before = hints.length;
    road.lead(test.roads.agentRuntime.gateway.port);
    await expectSoon(() => roads.state.mode === 'notify');
    // What was hinted at meanwhile is lost, so this is a hint by itself.
    expect(hints.length).toBeGreaterThan(before);
  });

  it('come back when their listener is terminated', async () => {
    const { roads } = open(['notify']);
    await expectSoon(() => roads.state.mode === 'notify');
    const terminate = `SELECT count(pg_terminate_backend(pid))::int AS ended FROM pg_stat_activity
      WHERE datname = '${direct.database}' AND query LIKE 'LISTEN%'`;
    await asSuperuser(terminate);
    await expectSoon(() => roads.state.mode === 'poll');
    await expectSoon(() => roads.state.mode === 'notify');
  });
});

describe('the write-ahead log', () => {
  it('tells of what services write, with the position, to a role that may do nothing else', async () => {
    const { roads, hints } = open(['slot', 'notify'], await follower());
    await expectSoon(() => roads.state.mode === 'slot');
    await expectSoon(() => roads.state.notUsed.notify === 'not needed');
    const vague = (): number => hints.filter((hint) => hint === undefined).length;
    await addSession(test, 's', null);
    const created = await lastPosition();
    await expectSoon(() => hints.includes(created));
    const before = vague();
    await addMessages(test, 's', 1, 3);
    // They have no position yet.
    await expectSoon(() => vague() === before + 3);
    await numberMessages(test.service.agentRuntime);
    const numbered = await lastPosition();
    expect(numbered).toBe(created + 3);
    await changeTitle('s');
    const changed = await lastPosition();
    await expectSoon(() => hints.includes(changed));
    // Numbers behind the commit are no news: that there is a message was told before.
    expect(hints.filter((hint) => hint !== undefined && hint > created)).toEqual([changed]);
  });

  it('says why it is not used where the role lacks the right, and the next best way is', async () => {
    const { roads } = open(['slot', 'notify']);
    await expectSoon(() => roads.state.mode === 'notify');
    await expectSoon(() => /permission|REPLICATION/.test(roads.state.notUsed.slot ?? ''));
  });

  it('gives way to notifications while it is gone, and comes back', async () => {
    const { roads } = open(['slot', 'notify'], await follower());
    await expectSoon(() => roads.state.mode === 'slot');
    await asSuperuser(`ALTER ROLE ${role} NOREPLICATION`, `SELECT pg_terminate_backend(pid) FROM pg_stat_replication`);
    await expectSoon(() => roads.state.mode === 'notify');
    await asSuperuser(`ALTER ROLE ${role} REPLICATION`);
    await expectSoon(() => roads.state.mode === 'slot', 25_000);
  });
});

describe.skipIf(isMissing('nats-server'))('the bus', () => {
  const busAt = (url: string): BusConfig =>
    loadConfig({ NATS_URL: url }, { envFile: '/dev/null' }).live.bus as BusConfig;

  it('carries hints between gateways; one of them watches the write-ahead log for all', async () => {
    const nats = await startNats();
    const at = await follower();
    const [one, other] = [open(['bus'], at, busAt(nats.url)), open(['bus'], at, busAt(nats.url))];
    try {
      await expectSoon(() => one.roads.state.mode === 'bus' && other.roads.state.mode === 'bus');
      const before = other.hints.length;
      one.roads.tell();
      await expectSoon(() => other.hints.length > before);
      await expectSoon(async () => (await slots()) === 1);
      await addSession(test, 's', null);
      // A hint may be lost while the watch changes hands, so this one is about writes that go on.
      await expectSoon(async () => {
        await changeTitle('s');
        const position = await lastPosition();
        await sleep(100);
        return one.hints.includes(position) && other.hints.includes(position);
      });
    } finally {
      await nats.stop();
    }
  });

  it('is replaced by notifications while its server is gone, and taken again', async () => {
    const nats = await startNats();
    const { roads } = open(['bus', 'notify'], direct, busAt(nats.url));
    await expectSoon(() => roads.state.mode === 'bus');
    await nats.stop();
    await expectSoon(() => roads.state.mode === 'notify');
    const again = await startNats({ port: nats.port });
    try {
      await expectSoon(() => roads.state.mode === 'bus', 25_000);
    } finally {
      await again.stop();
    }
  });

  it('says that JetStream is off', async () => {
    const nats = await startNats({ jetStream: false });
    try {
      const { roads } = open(['bus'], direct, busAt(nats.url));
      await expectSoon(() => /jetstream/i.test(roads.state.notUsed.bus ?? ''));
    } finally {
      await nats.stop();
    }
  });

  const slots = async (): Promise<number> => {
    const { rows } = await test.service.agentRuntime.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_replication_slots WHERE database = current_database() AND active`,
    );
    return rows[0]?.count ?? 0;
  };
});
