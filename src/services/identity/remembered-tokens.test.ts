import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rememberTokens } from './remembered-tokens.ts';
import type { TokenVerifier } from './token-verifier.ts';
import { viewerOf } from './viewer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const verifierOf = (expiresInMs: number) => {
  const expiresAt = Date.now() + expiresInMs;
  return {
    verify: vi.fn<TokenVerifier['verify']>((token) =>
      Promise.resolve(viewerOf({ userId: token, scopes: [], expiresAt })),
    ),
  };
};

it('asks once for each token, for a minute', async () => {
  const verifier = verifierOf(3_600_000);
  const remembering = rememberTokens(verifier);
  for (const token of ['a', 'b', 'a', 'b']) expect((await remembering.verify(token)).userId).toBe(token);
  expect(verifier.verify).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(60_001);
  await remembering.verify('a');
  expect(verifier.verify).toHaveBeenCalledTimes(3);
});

it('asks again when the token has ended, whatever the minute', async () => {
  const verifier = verifierOf(1_000);
  const remembering = rememberTokens(verifier);
  await remembering.verify('a');
  vi.advanceTimersByTime(1_000);
  await remembering.verify('a');
  expect(verifier.verify).toHaveBeenCalledTimes(2);
});

it('remembers no refusal, and not without end', async () => {
  const verifier = verifierOf(3_600_000);
  const remembering = rememberTokens(verifier);
  verifier.verify.mockRejectedValueOnce(new Error('no'));
  await expect(remembering.verify('a')).rejects.toThrow('no');
  for (let n = 0; n <= 10_000; n += 1) await remembering.verify(`t${n}`);
  verifier.verify.mockClear();
  await remembering.verify('t10000');
  expect(verifier.verify).not.toHaveBeenCalled();
  await remembering.verify('t0');
  expect(verifier.verify).toHaveBeenCalled();
});
