import { expect, it } from 'vitest';
import { giveBack } from './give-back.ts';

it('gives the memory of a buffer back, and does no harm the second time', () => {
  const buffer = Buffer.allocUnsafeSlow(4096);
  const { buffer: memory } = buffer;
  giveBack(buffer);
  giveBack(buffer);
  expect([buffer.length, memory.detached]).toEqual([0, true]);
});

it('leaves memory alone that others have a part of, and what is too little to matter', () => {
  const whole = Buffer.allocUnsafeSlow(10_000);
  giveBack(whole.subarray(0, 9_999));
  const shared = Buffer.from(new SharedArrayBuffer(10_000));
  giveBack(shared);
  const little = Buffer.allocUnsafeSlow(4095);
  giveBack(little);
  expect([whole.length, shared.length, little.length]).toEqual([10_000, 10_000, 4095]);
});
