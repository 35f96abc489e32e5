import { describe, expect, it } from 'vitest';
import { InterruptedError } from './errors.ts';
import { Interruption, type Retry } from './interruption.ts';
import { Recovery } from './recovery.ts';

const never = new AbortController().signal;
const fault = (retry: Retry, afterMs = 0): Interruption =>
  new Interruption(new InterruptedError('down', 'DOWN'), retry, 'operation', afterMs);

function recoveryWith(random: number): { recovery: Recovery; slept: number[] } {
  const slept: number[] = [];
  const recovery = new Recovery({
    minDelayMs: 100,
    maxDelayMs: 1000,
    random: () => random,
    onRetry: () => undefined,
    sleep: async (ms) => void slept.push(ms),
  });
  return { recovery, slept };
}

describe('a recovery', () => {
  it('waits longer each time up to the most, and starts over when things went well', async () => {
    const { recovery, slept } = recoveryWith(1);
    for (let attempt = 0; attempt < 6; attempt += 1) await recovery.after(fault('always'), false, never);
    await recovery.after(fault('always'), true, never);
    await recovery.after(fault('always'), false, never);
    expect(slept).toEqual([100, 200, 400, 800, 1000, 1000, 100, 200]);
  });

  it('waits anything down to nothing, so that clients do not come back together', async () => {
    const { recovery, slept } = recoveryWith(0.25);
    await recovery.after(fault('always'), false, never);
    await recovery.after(fault('always'), false, never);
    expect(slept).toEqual([25, 50]);
  });

  it('never comes back sooner than the gateway asks', async () => {
    const { recovery, slept } = recoveryWith(0.5);
    await recovery.after(fault('always', 3000), false, never);
    expect(slept).toEqual([3050]);
  });

  it('gives up at once, after a few attempts, or never', async () => {
    const { recovery, slept } = recoveryWith(0);
    await expect(recovery.after(fault('never'), false, never)).rejects.toThrow('down');
    for (let attempt = 0; attempt < 20; attempt += 1) await recovery.after(fault('always'), false, never);
    await recovery.after(fault('few'), true, never);
    for (let attempt = 0; attempt < 4; attempt += 1) await recovery.after(fault('few'), false, never);
    expect(slept).toHaveLength(25);
    await expect(recovery.after(fault('few'), false, never)).rejects.toThrow('down');
  });
});
