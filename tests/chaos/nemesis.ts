import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayPlace } from './gateway-process.ts';
import type { SeededRandom } from './random.ts';
import type { Fault, Planned } from './schedule.ts';
import type { World } from './world.ts';

export interface Done extends Planned {
  /** When it began and when everything ran again, in milliseconds of performance.now(). */
  readonly beganAt: number;
  readonly healedAt: number;
}

const freezeMs = 5000;
const deadMs = 300;

/** Does what is planned, one after the other, and heals what it broke. All builds suffer the same. */
export async function torment(world: World, plan: readonly Planned[], random: SeededRandom): Promise<Done[]> {
  const start = performance.now();
  const done: Done[] = [];
  for (const planned of plan) {
    await sleep(Math.max(0, start + planned.atMs - performance.now()));
    const beganAt = performance.now();
    await commit(planned.fault, world, random);
    done.push({ ...planned, beganAt, healedAt: performance.now() });
  }
  return done;
}

async function commit(fault: Fault, world: World, random: SeededRandom): Promise<void> {
  const { cluster, gateways, databaseRoad } = world;
  switch (fault) {
    case 'kill a gateway':
      return each(victims(world, random), async (gateway) => {
        await gateway.kill();
        await sleep(deadMs);
        await gateway.start();
      });
    case 'freeze a gateway':
      return each(victims(world, random), (gateway) => gateway.freeze(freezeMs));
    case 'drain all gateways one by one':
      for (const gateway of gateways) {
        await gateway.drain();
        await gateway.start();
      }
      return;
    case 'stop PostgreSQL immediately':
      await cluster.crash('SIGQUIT');
      return untilBack(world);
    case 'kill the postmaster':
      await cluster.crash('SIGKILL');
      return untilBack(world);
    case 'terminate all backends':
      await cluster.run('postgres', 'superuser', terminate(''));
      return;
    case 'terminate the listeners':
      await cluster.run('postgres', 'superuser', terminate(`AND query ILIKE 'LISTEN%'`));
      return;
    case 'cut the clients off':
      return gateways.forEach(({ road }) => road.cut());
    case 'silence the clients':
      return gateways.forEach(({ road }) => road.silence());
    case 'silence the databases':
      return databaseRoad.silence();
  }
}

const terminate = (which: string): string =>
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ${which}`;

/** One of ours; a broken build, which has one gateway only, is hit as often as each of ours. */
function victims(world: World, random: SeededRandom): GatewayPlace[] {
  const ours = world.of('ours');
  const unlucky = random.below(ours.length);
  const broken = world.gateways.filter(({ build }) => build !== 'ours' && unlucky === 0);
  return [...ours.slice(unlucky, unlucky + 1), ...broken];
}

const each = async (gateways: readonly GatewayPlace[], act: (gateway: GatewayPlace) => Promise<void>): Promise<void> =>
  void (await Promise.all(gateways.map((gateway) => act(gateway))));

/** The crash takes a moment to be one. */
async function untilBack({ cluster }: World): Promise<void> {
  await sleep(100);
  await cluster.untilUp();
}
