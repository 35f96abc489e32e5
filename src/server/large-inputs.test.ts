import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Viewer } from '../services/identity/viewer.ts';
import type { Caller } from './admission/caller.ts';
import { LargeInputs } from './large-inputs.ts';

const callerOf = (userId: string | null): Caller => ({
  viewer: { userId, tenantId: 'default' } as Viewer,
  address: '192.0.2.1',
});
const [anna, bert] = [callerOf('anna'), callerOf('bert')];
const large = 65_537;

it('reads those of a caller one after the other, and lets no caller wait for another', async () => {
  const inputs = new LargeInputs();
  const steps: string[] = [];
  const read = (caller: Caller, name: string): Promise<string> =>
    inputs.inTurn(caller, large, async () => {
      steps.push(`${name} begins`);
      await sleep(5);
      steps.push(`${name} ends`);
      return name;
    });
  expect(await Promise.all([read(anna, 'a1'), read(anna, 'a2'), read(bert, 'b1')])).toEqual(['a1', 'a2', 'b1']);
  expect(steps).toEqual(['a1 begins', 'b1 begins', 'a1 ends', 'b1 ends', 'a2 begins', 'a2 ends']);
});

it('leaves time between them, by their length', async () => {
  const inputs = new LargeInputs();
  const started = performance.now();
  await Promise.all([1, 2, 3].map(() => inputs.inTurn(anna, 250_000, () => Promise.resolve())));
  expect(performance.now() - started).toBeGreaterThan(195);
});

it('reads what is not large, and what an internal service sends, at once', () => {
  const inputs = new LargeInputs();
  void inputs.inTurn(anna, 1_000_000, () => 'first');
  expect(inputs.inTurn(anna, large - 1, () => 'small')).toBe('small');
  const service = callerOf(null);
  expect([1, 2].map(() => inputs.inTurn(service, 1_000_000, () => 'imported'))).toEqual(['imported', 'imported']);
});

it('goes on after one that failed', async () => {
  const inputs = new LargeInputs();
  const failed = inputs.inTurn(anna, large, () => Promise.reject(new Error('gone')));
  const next = inputs.inTurn(anna, large, () => Promise.resolve('read'));
  await expect(failed).rejects.toThrow('gone');
  expect(await next).toBe('read');
});
