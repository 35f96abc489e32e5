import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ScriptedRoad } from '../../tests/support/scripted-road.ts';
import { notTried, ProvenRoad } from './proven-road.ts';
import { RoadProblem, silence } from './reasons.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // The longest pauses that there can be.
  vi.spyOn(Math, 'random').mockReturnValue(1);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const works = { works: true, reason: '' };
const broken = (reason: string): object => ({ works: false, reason });
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function proven() {
  const road = new ScriptedRoad();
  const heard: (number | undefined)[] = [];
  const states: unknown[] = [];
  const logged: { mode: string; error: string; msg: string }[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void logged.push(JSON.parse(line) as (typeof logged)[0]) });
  const it: ProvenRoad = new ProvenRoad({
    road,
    heard: (upTo) => heard.push(upTo),
    changed: () => states.push(it.state),
    log,
  });
  return { road, it, heard, states, logged };
}

describe('a road', () => {
  test('is not believed before it was tried', () => {
    const { it, road } = proven();
    expect(it.state).toEqual(broken(notTried));
    expect([it.mode, road.signals.length]).toEqual(['notify', 0]);
  });

  test('works once a probe has come back; then it is time to look, as hints may have been missed', async () => {
    const { it, road, heard, states } = proven();
    it.start();
    await passes(0);
    expect(states).toEqual([works]);
    expect(heard).toEqual([undefined]);
    road.ears?.heard(7);
    expect(heard).toEqual([undefined, 7]);
  });

  test('is opened once, however often it is started', async () => {
    const { it, road } = proven();
    it.start();
    it.start();
    await passes(0);
    expect(road.signals).toHaveLength(1);
  });

  test('is proved again every three seconds, with another probe each time, without a word about it', async () => {
    const { it, road, states, heard } = proven();
    it.start();
    await passes(2999);
    expect(road.probes).toHaveLength(1);
    await passes(1);
    expect(road.probes).toHaveLength(2);
    await passes(3000);
    expect(new Set(road.probes).size).toBe(3);
    expect([states.length, heard.length, road.signals.length]).toEqual([1, 1, 1]);
    expect(vi.getTimerCount()).toBe(1);
  });
});

describe('a road that delivers nothing', () => {
  test('has failed after two seconds, and is opened anew a little later', async () => {
    const { it, road, states } = proven();
    road.delivers = false;
    it.start();
    await passes(1999);
    expect(states).toEqual([]);
    await passes(1);
    expect(states).toEqual([broken(silence)]);
    expect(road.signals.map(({ aborted }) => aborted)).toEqual([true]);
    await passes(100);
    expect(road.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  test('is not believed for the echo of another probe', async () => {
    const { it, road, states } = proven();
    road.delivers = false;
    it.start();
    await passes(0);
    road.ears?.echoed('of somebody else');
    await passes(2000);
    expect(states).toEqual([broken(silence)]);
  });

  test('works from a late echo on no more than from none', async () => {
    const { it, road, states } = proven();
    road.delivers = false;
    it.start();
    await passes(2000);
    road.ears?.echoed(road.probes[0] ?? '');
    await passes(50);
    expect(states).toEqual([broken(silence)]);
  });

  test('is found while it is in use, at the next probe', async () => {
    const { it, road, states } = proven();
    it.start();
    await passes(0);
    road.delivers = false;
    await passes(4999);
    expect(states).toEqual([works]);
    await passes(1);
    expect(states).toEqual([works, broken(silence)]);
  });
});

describe('a road that is lost', () => {
  test('fails at once and comes back by itself', async () => {
    const { it, road, heard, states } = proven();
    it.start();
    await passes(1000);
    road.ears?.lost(new RoadProblem('it was cut'));
    await passes(0);
    expect(states).toEqual([works, broken('it was cut')]);
    await passes(100);
    expect(states).toEqual([works, broken('it was cut'), works]);
    expect(heard).toEqual([undefined, undefined]);
  });

  test('while it is proved does not wait for the probe', async () => {
    const { it, road, states } = proven();
    road.delivers = false;
    it.start();
    await passes(10);
    road.ears?.lost(new RoadProblem('it was cut'));
    await passes(0);
    expect(states).toEqual([broken('it was cut')]);
  });
});

describe('a road that cannot be opened', () => {
  test('says why, once for each reason', async () => {
    const { it, road, states, logged } = proven();
    road.refusal = Object.assign(new Error('connect 10.0.0.1'), { code: 'ECONNREFUSED' });
    it.start();
    await passes(1000);
    expect(states).toEqual([broken('the server cannot be reached')]);
    expect(logged).toMatchObject([{ mode: 'notify', error: 'connect 10.0.0.1', msg: 'wake-ups do not come this way' }]);
    road.refusal = new RoadProblem('closed');
    await passes(1000);
    expect(states).toEqual([broken('the server cannot be reached'), broken('closed')]);
    expect(logged).toHaveLength(2);
  });

  test('is tried less and less often, up to every fifteen seconds, and often again once it has worked', async () => {
    const { it, road } = proven();
    road.refusal = new RoadProblem('closed');
    it.start();
    // Pauses of 100, 200, 400 … ms.
    for (const [tries, ms] of [
      [1, 99],
      [2, 1],
      [2, 199],
      [3, 1],
      [3, 399],
      [4, 1],
    ] as const) {
      await passes(ms);
      expect(road.signals).toHaveLength(tries);
    }
    await passes(60_000);
    const before = road.signals.length;
    await passes(60_000);
    expect(road.signals.length - before).toBe(4);
    road.refusal = null;
    await passes(15_000);
    const opened = road.signals.length;
    road.ears?.lost(new RoadProblem('it was cut'));
    await passes(100);
    expect(road.signals).toHaveLength(opened + 1);
  });
});

describe('a road that rests', () => {
  test('is closed at once, and says why without being asked to choose again', async () => {
    const { it, road, states } = proven();
    it.start();
    await passes(0);
    await it.rest('not needed');
    expect(it.state).toEqual(broken('not needed'));
    expect(road.signals.map(({ aborted }) => aborted)).toEqual([true]);
    await passes(60_000);
    expect([states, road.signals.length, vi.getTimerCount()]).toEqual([[works], 1, 0]);
  });

  test.each([
    ['while it is proved', (road: ScriptedRoad) => void (road.delivers = false)],
    [
      'while it is opened',
      (road: ScriptedRoad) => void vi.spyOn(road, 'open').mockReturnValue(new Promise(() => undefined)),
    ],
    ['while it waits to be tried again', (road: ScriptedRoad) => void (road.refusal = new RoadProblem('closed'))],
  ])('%s ends all the same', async (_when, script) => {
    const { it, road, logged } = proven();
    script(road);
    it.start();
    await passes(10);
    const lines = logged.length;
    await it.rest('stopped');
    road.ears?.lost(new RoadProblem('it was cut'));
    await passes(60_000);
    expect(it.state).toEqual(broken('stopped'));
    expect(logged).toHaveLength(lines);
  });

  test('goes on when it is started again', async () => {
    const { it, road, states } = proven();
    it.start();
    await passes(0);
    await it.rest('not needed');
    it.start();
    await passes(0);
    expect([states, road.signals.length]).toEqual([[works, works], 2]);
  });

  test('can be told so before it was ever started', async () => {
    const { it } = proven();
    await it.rest('not needed');
    expect(it.state).toEqual(broken('not needed'));
  });
});
