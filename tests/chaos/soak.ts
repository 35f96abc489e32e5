/** `npm run soak -- --minutes N --seed S`: the trial for as long as you like, with its figures as JSON. */
import { parseArgs } from 'node:util';
import { runTrial, type TrialResult } from './trial.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
});

const isFlawless = ({ verdicts: { ours }, gaps, writes, log, sent }: TrialResult): boolean =>
  [ours.lost, ours.doubled, ours.outOfOrder, ours.phantom, gaps, writes.vanished, writes.uninvited].every(
    (count) => count === 0,
  ) && [log.unlogged, log.notDense, sent.doubled, sent.missing].every((count) => count === 0);

const result = await runTrial({
  seed: Number(values.seed),
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
process.exitCode = isFlawless(result) ? 0 : 1;
