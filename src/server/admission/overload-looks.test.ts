import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Overload } from './overload.ts';

/** What has been measured since the last look, as Node tells it; nothing where the turns of the loop are too long. */
const delay = vi.hoisted(() => ({
  options: {},
  count: 0,
  mean: NaN,
  isOn: false,
  enable: () => void (delay.isOn = true),
  disable: () => void (delay.isOn = false),
  reset: () => void ([delay.count, delay.mean] = [0, NaN]),
}));
vi.mock('node:perf_hooks', () => ({ monitorEventLoopDelay: (options: object) => Object.assign(delay, { options }) }));

const measured = (ms: number): void => void ([delay.count, delay.mean] = [50, ms * 1e6]);
const look = (): void => void vi.advanceTimersByTime(500);
let overload: Overload;

beforeEach(() => {
  vi.useFakeTimers();
  delay.reset();
  overload = new Overload({ lagMs: 100, waitingReads: 0 }, { waitingReads: () => 0 });
});
afterEach(() => {
  overload.stop();
  vi.useRealTimers();
});

it('is above the limit, beyond the 10 ms that measuring waits itself, and not at it', () => {
  expect(delay).toMatchObject({ options: { resolution: 10 }, isOn: true });
  measured(110);
  look();
  expect(overload.refusal()).toBeNull();
  measured(111);
  look();
  expect(overload.refusal()).toMatchObject({ details: { limit: 'OVERLOAD_LAG_MS' } });
  measured(5);
  look();
  expect(overload.refusal()).toBeNull();
});

it('is what was seen last while nothing is measured, and looks at each time by itself', () => {
  measured(400);
  look();
  expect(delay.count).toBe(0);
  look();
  expect(overload.refusal()).not.toBeNull();
});

it('is not looked for any more once stopped', () => {
  overload.stop();
  expect([delay.isOn, vi.getTimerCount()]).toEqual([false, 0]);
});
