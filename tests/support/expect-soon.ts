import { expect } from 'vitest';

/** Waits until it is so, and fails when that takes too long. */
export async function expectSoon(isSo: () => boolean | Promise<boolean>, timeout = 15_000): Promise<void> {
  await expect.poll(isSo, { timeout, interval: 20, message: isSo.toString() }).toBe(true);
}
