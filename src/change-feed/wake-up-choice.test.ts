import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ScriptedRoad } from '../../tests/support/scripted-road.ts';
import { wakeUpMode } from '../shared/metrics.ts';
import { silentLog } from '../shared/log.ts';
import { ProvenRoad } from './proven-road.ts';
import { RoadProblem } from './reasons.ts';
import { WakeUpChoice } from './wake-up-choice.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const proving = { everyMs: 100, withinMs: 50 };
/** Long enough for any road to be tried again. */
const aWhile = () => vi.advanceTimersByTimeAsync(20_000);

function choice() {
  const roads = { bus: new ScriptedRoad('bus'), slot: new ScriptedRoad('slot'), notify: new ScriptedRoad('notify') };
  const told: unknown[] = [];
  const log = pino({}, { write: (line) => void told.push(JSON.parse(line)) });
  const proven = Object.values(roads).map(
    (road) => new ProvenRoad({ road, heard: () => undefined, changed: () => it.arrange(), log: silentLog(), proving }),
  );
  const it: WakeUpChoice = new WakeUpChoice('runtime', proven, log);
  const isOpen = (road: ScriptedRoad): boolean => road.signals.at(-1)?.aborted === false;
  return {
    it,
    roads,
    told,
    open: () =>
      Object.values(roads)
        .filter(isOpen)
        .map(({ mode }) => mode),
  };
}

const fail = (road: ScriptedRoad): void => {
  road.refusal = new RoadProblem('closed');
  road.ears?.lost(road.refusal);
};

async function modesInMetrics(): Promise<Record<string, number>> {
  const { values } = await wakeUpMode.get();
  return Object.fromEntries(values.map(({ labels, value }) => [`${labels.database} ${labels.mode}`, value]));
}

test('the best road is used, and those below it rest', async () => {
  const { it, open, told } = choice();
  it.arrange();
  await aWhile();
  expect(it.state).toEqual({ mode: 'bus', notUsed: { slot: 'not needed', notify: 'not needed' } });
  expect(open()).toEqual(['bus']);
  expect(told).toMatchObject([{ msg: 'wake-ups', database: 'runtime', ...it.state }]);
});

test('the next one is used while the best one fails, and is left when that is back', async () => {
  const { it, roads, open, told } = choice();
  it.arrange();
  await aWhile();
  fail(roads.bus);
  await aWhile();
  expect(it.state).toEqual({ mode: 'slot', notUsed: { bus: 'closed', notify: 'not needed' } });
  expect(open()).toEqual(['slot']);
  fail(roads.slot);
  await aWhile();
  expect(it.state).toEqual({ mode: 'notify', notUsed: { bus: 'closed', slot: 'closed' } });
  roads.bus.refusal = null;
  await aWhile();
  expect(it.state.mode).toBe('bus');
  expect(open()).toEqual(['bus']);
  // The poll is what there is until the next road has been proved.
  const modes = ['bus', 'poll', 'slot', 'poll', 'notify', 'bus'];
  expect(told).toMatchObject(modes.map((mode) => ({ mode })));
});

test('the poll is all there is where every road fails, which is told once each has been tried', async () => {
  const { it, roads, told } = choice();
  for (const road of Object.values(roads)) road.refusal = new RoadProblem('closed');
  roads.notify.refusal = null;
  roads.notify.delivers = false;
  it.arrange();
  await vi.advanceTimersByTimeAsync(49);
  expect([it.state.mode, told]).toEqual(['poll', []]);
  await aWhile();
  expect(it.state.mode).toBe('poll');
  expect(told).toMatchObject([{ mode: 'poll' }]);
});

test('without any road there is the poll, and that is told at once', () => {
  const told: unknown[] = [];
  const it = new WakeUpChoice('auth', [], pino({}, { write: (line) => void told.push(JSON.parse(line)) }));
  it.arrange();
  it.arrange();
  expect(told).toMatchObject([{ database: 'auth', mode: 'poll', notUsed: {} }]);
});

test('the metrics name the one that is used', async () => {
  const { it, roads } = choice();
  it.arrange();
  await aWhile();
  fail(roads.bus);
  await aWhile();
  expect(await modesInMetrics()).toMatchObject({
    'runtime bus': 0,
    'runtime slot': 1,
    'runtime notify': 0,
    'runtime poll': 0,
  });
});

test('all roads rest when it is stopped', async () => {
  const { it, open } = choice();
  it.arrange();
  await aWhile();
  await it.stop();
  expect(open()).toEqual([]);
  expect(it.state).toEqual({ mode: 'poll', notUsed: { bus: 'stopped', slot: 'stopped', notify: 'stopped' } });
});
