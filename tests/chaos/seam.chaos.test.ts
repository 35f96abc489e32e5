import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { trySeam } from './seam.ts';
import { World } from './world.ts';

const seed = 20263;
let world: World;
beforeAll(async () => {
  world = await World.open(['ours'], { LIVE_POLL_INTERVAL_MS: '50' });
}, 60_000);
afterAll(() => world.close());

it(`has no seam between history and live (L6), seed ${seed}`, async () => {
  const result = await trySeam({
    world,
    random: seededRandom(seed),
    subscriptions: 240,
    messagesPerSecond: 200,
    history: 2000,
  });
  process.stdout.write(`seam, seed ${seed}: ${JSON.stringify(result)}\n`);
  expect(result.failures).toEqual([]);
  expect(result.tried).toBe(240);
});
