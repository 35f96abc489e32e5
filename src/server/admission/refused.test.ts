import { expect, it } from 'vitest';
import { badInput } from '../../shared/errors.ts';
import { rateLimited, Refused, refusalErrors, tooComplex } from './refused.ts';

it('a refusal has its reasons, and any other error is its own', () => {
  const reasons = [badInput('one'), badInput('two')];
  expect(refusalErrors(new Refused(reasons))).toBe(reasons);
  const other = new Error('other');
  expect(refusalErrors(other)).toEqual([other]);
});

it('a refusal is told from other errors in a log', () => {
  expect(String(new Refused([]))).toBe('Refused: The operation was not admitted.');
});

it.each([
  [tooComplex('MAX_DEPTH', 3, 'Too deep.'), 'QUERY_TOO_COMPLEX', 'Too deep.', { limit: 'MAX_DEPTH', maximum: 3 }],
  [
    rateLimited('MAX_SOCKETS', 3, 'Too many.'),
    'RATE_LIMITED',
    'Too many.',
    { limit: 'MAX_SOCKETS', maximum: 3, retryAfterMs: 1000 },
  ],
  [
    rateLimited('RATE_LIMIT_USER', 3, 'Too often.', 50),
    'RATE_LIMITED',
    'Too often.',
    { limit: 'RATE_LIMIT_USER', maximum: 3, retryAfterMs: 50 },
  ],
])('%s says which setting it is about', (error, code, message, details) => {
  expect(error).toMatchObject({ code, message, details });
});
