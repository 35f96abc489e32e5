/** `npm run soak -- --minutes N --seed S`: the mixed run for as long as you like and the long test of the seam, with their figures as JSON. */
import { parseArgs } from 'node:util';
import { seededRandom } from './random.ts';
import { trySeam, type SeamResult } from './seam.ts';
import { runTrial, type TrialResult } from './trial.ts';
import { World } from './world.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
});

const isFlawless = ({ verdicts: { ours }, gaps, writes, log, sent }: TrialResult): boolean =>
  [ours.lost, ours.doubled, ours.outOfOrder, ours.phantom, gaps, writes.vanished, writes.uninvited].every(
    (count) => count === 0,
  ) && [log.unlogged, log.notDense, sent.doubled, sent.missing].every((count) => count === 0);

const seed = Number(values.seed);

async function longSeam(): Promise<SeamResult> {
  const world = await World.open(['ours'], { LIVE_POLL_INTERVAL_MS: '50' });
  try {
    const random = seededRandom(seed).fork('seam');
    return await trySeam({ world, random, subscriptions: 1000, messagesPerSecond: 200, history: 10_000 });
  } finally {
    await world.close();
  }
}

const result = await runTrial({
  seed,
  durationMs: Number(values.minutes) * 60_000,
  everyMs: 6000,
  sessions: 12,
  followersPerSession: 2,
  followersOfAll: 6,
  writers: 6,
  senders: 2,
  pauseMs: 100,
});
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
const seam = await longSeam();
process.stdout.write(`${JSON.stringify({ seam }, null, 2)}\n`);
process.exitCode = isFlawless(result) && seam.failures.length === 0 ? 0 : 1;
