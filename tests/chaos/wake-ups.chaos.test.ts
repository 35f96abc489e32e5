import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { expectSoon } from '../support/expect-soon.ts';
import { startNats } from '../support/nats.ts';
import { isMissing } from '../support/programs.ts';
import { seededRandom } from './random.ts';
import { Recorder, type Start } from './recorder.ts';
import { openRoad } from './road.ts';
import { SecondServer } from './second-server.ts';
import { World } from './world.ts';

const random = seededRandom(20264);
const waitMs = 30_000;
let world: World;
let recorders: Recorder[] = [];
afterEach(async () => {
  await Promise.all(recorders.map((recorder) => recorder.stop()));
  recorders = [];
  await world.close();
});

function follow(sessionId: string | null, start: Start | undefined): Recorder {
  const urls = world.of('ours').map(({ webSocketUrl }) => webSocketUrl);
  const options = { client: `of ${sessionId}`, urls, sessionId, random: random.fork(`of ${sessionId}`) };
  const recorder = new Recorder({ ...options, start: start ?? { cursor: '', place: 0 } });
  recorders.push(recorder);
  return recorder;
}

const insert = (from: number, to: number): string =>
  `INSERT INTO messages (id, session_db_id, role, content)
   SELECT 'm-' || n, 's', 'user', 'text ' || n FROM generate_series(${from}, ${to}) AS n`;
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `m-${index + 1}`);
const idsOf = ({ deliveries }: Recorder): string[] => deliveries.map(({ messageId }) => messageId);

const wakeUps = async (): Promise<{ mode: string; notUsed: Record<string, string> }> => {
  const response = await fetch((world.of('ours')[0]?.httpUrl ?? '').replace('/graphql', '/readyz'));
  const { databases } = (await response.json()) as { databases: { agent_runtime: { wakeUps: never } } };
  return databases.agent_runtime.wakeUps;
};

describe('a server whose write-ahead log cannot be followed (wal_level = replica)', () => {
  it('is noticed; notifications take over, and nothing is lost (L1)', async () => {
    world = await World.open(['ours']);
    await world.cluster.run('postgres', 'superuser', 'ALTER ROLE scrollback_gateway REPLICATION');
    await expectSoon(async () => (await wakeUps()).mode === 'slot', waitMs);
    const starts = await world.addSessions(['s']);
    const follower = follow('s', starts.of.get('s'));
    const settings = { wal_level: 'replica' };
    const other = await SecondServer.start({ cluster: world.cluster, follows: null, settings });
    try {
      world.databaseRoad.lead(other.port);
      world.databaseRoad.cut();
      await expectSoon(async () => (await wakeUps()).mode === 'notify', waitMs);
      await expectSoon(async () => (await wakeUps()).notUsed['slot'] === 'wal_level is not logical', waitMs);
      await other.run('agent_runtime', insert(1, 20));
      await expectSoon(() => follower.deliveries.length === 20, waitMs);
      expect(idsOf(follower)).toEqual(numbered(20));
    } finally {
      await other.stop();
    }
  });
});

describe.skipIf(isMissing('nats-server'))('wake-ups that lie', () => {
  it('drop, double, come late, in any order and with any position, and change nothing (L8)', async () => {
    const nats = await startNats();
    const road = await openRoad();
    road.lead(nats.port);
    world = await World.open(['ours'], { NATS_URL: nats.url.replace(String(nats.port), String(road.port)) });
    const liar = await connect({ servers: nats.url.replace(/.*@/, ''), user: 'scroll', pass: 'b@ck' });
    const stream = jetstream(liar);
    try {
      await expectSoon(async () => (await wakeUps()).mode === 'bus', waitMs);
      const [identity] = await world.cluster.run<{ epoch: number }>(
        'agent_runtime',
        'owner',
        'SELECT epoch FROM scrollback.log_identity',
      );
      const subject = `scrollback.hints.agentRuntime.${identity?.epoch}.written`;
      const starts = await world.addSessions(['s']);
      const followers = [follow('s', starts.of.get('s')), follow(null, starts.all)];
      const lies = ['', '0', '-7', '1', '3', '9'.repeat(15), 'NaN', 'soon'];
      for (let message = 1; message <= 150; message += 1) {
        await world.cluster.run('agent_runtime', 'owner', insert(message, message));
        if (random.below(2) === 0) void stream.publish(subject, random.pick(lies)).catch(() => undefined);
        if (message % 60 === 0) road.silence();
        if (message % 100 === 0) road.cut();
        await sleep(random.below(30));
      }
      await expectSoon(() => followers.every(({ deliveries }) => deliveries.length >= 150), waitMs);
      // For what might come a second time.
      await sleep(1000);
      expect(followers.map(idsOf)).toEqual([numbered(150), numbered(150)]);
    } finally {
      await liar.close();
      await road.close();
      await nats.stop();
    }
  });
});
