import { expect, it } from 'vitest';
import { stream } from './stream.ts';

/** Counts up to three, and then waits until it is told to end. */
function counting() {
  const state = { ended: false };
  const items = stream(async function* (signal) {
    try {
      for (const item of [1, 2, 3]) yield item;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    } finally {
      state.ended = true;
    }
  });
  return { state, items };
}

it('gives its items one after the other', async () => {
  const taken: number[] = [];
  for await (const item of counting().items) {
    taken.push(item);
    if (item === 3) break;
  }
  expect(taken).toEqual([1, 2, 3]);
});

it('ends at once when its reader leaves while it waits', async () => {
  const { state, items } = counting();
  for (const item of [1, 2, 3]) expect(await items.next()).toEqual({ value: item, done: false });
  const waiting = items.next();
  expect(await items.return?.()).toEqual({ value: undefined, done: true });
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(state.ended).toBe(true);
});

it('ends with the error that its reader throws into it', async () => {
  const { state, items } = counting();
  for (const _ of [1, 2, 3]) await items.next();
  const waiting = items.next();
  await expect(items.throw?.(new Error('enough'))).rejects.toThrow('enough');
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(state.ended).toBe(true);
});
