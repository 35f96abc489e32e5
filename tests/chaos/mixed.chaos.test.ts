import { beforeAll, describe, expect, it } from 'vitest';
import { runTrial, type TrialResult } from './trial.ts';

const seed = 20261;
let trial: TrialResult;

/** All faults, each at least once, in an order of the seed's, under writers of all kinds. */
beforeAll(async () => {
  trial = await runTrial({
    seed,
    durationMs: 38_500,
    everyMs: 3500,
    sessions: 10,
    followersPerSession: 2,
    followersOfAll: 5,
    writers: 5,
    senders: 2,
    pauseMs: 100,
  });
  process.stdout.write(`chaos, seed ${seed}: ${JSON.stringify(trial, null, 1)}\n`);
}, 170_000);

describe(`a mixed run of faults, seed ${seed}`, () => {
  it('loses nothing (L1), repeats nothing (L2), keeps the order (L3) and invents nothing (L4)', () => {
    expect(trial.verdicts.ours).toMatchObject({ lost: 0, doubled: 0, outOfOrder: 0, phantom: 0 });
    expect(trial.gaps).toBe(0);
    expect(trial.verdicts.ours.delivered).toBe(trial.verdicts.ours.expected);
    expect(trial.verdicts.ours.expected).toBeGreaterThan(5_000);
  });

  it('writes what it confirmed, and what it confirmed once', () => {
    expect(trial.writes).toMatchObject({ vanished: 0, uninvited: 0 });
    expect(trial.sent).toMatchObject({ doubled: 0, missing: 0 });
    expect(trial.sent.retries).toBeGreaterThan(0);
    expect(trial.log).toEqual({ unlogged: 0, notDense: 0 });
  });

  it('has no deadlock from the log in any mix of writers', () => {
    expect(trial.writeErrors['40P01'] ?? 0).toBe(0);
  });

  it('asks no client for more than to connect again, or to ask again while the database is away', () => {
    expect(Object.keys(trial.endings).filter((code) => code !== 'UNAVAILABLE')).toEqual([]);
  });

  it('catches the builds that are broken, with the same checker in the same run', () => {
    expect(trial.verdicts.push.lost).toBeGreaterThan(0);
    expect(trial.verdicts['bare-numbers'].lost).toBeGreaterThan(0);
  });
});
