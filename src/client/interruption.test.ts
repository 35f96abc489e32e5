import { describe, expect, it } from 'vitest';
import { CursorDivergedError } from './errors.ts';
import { interruptionOfClose, interruptionOfErrors, interruptionOfSocket } from './interruption.ts';

const verdict = (code: number): [string, string] => {
  const { error, retry } = interruptionOfClose({ code, reason: 'because' });
  return [retry, error.name];
};

describe('close codes', () => {
  it.each([1000, 1001, 1005, 1006, 1012, 1013, 1014, 4408, 4499, 4504])('%i passes', (code) => {
    expect(verdict(code)).toEqual(['always', 'InterruptedError']);
  });

  it.each([4400, 4406, 4409, 4429])('%i is for good', (code) => {
    expect(verdict(code)).toEqual(['never', 'RequestRefusedError']);
  });

  it.each([1002, 1003, 1007, 1008, 1009, 1011, 4004, 4500, 4999])('%i is tried again a few times', (code) => {
    expect(verdict(code)).toEqual(['few', 'InterruptedError']);
  });

  it('tell a refused token from one that is out of date', () => {
    expect(verdict(4401)).toEqual(['never', 'UnauthenticatedError']);
    expect(verdict(4403)).toEqual(['few', 'UnauthenticatedError']);
  });

  it('say what happened', () => {
    expect(interruptionOfClose({ code: 1012, reason: 'because' }).error).toMatchObject({
      message: 'The connection was closed with 1012: because',
      code: '1012',
    });
  });
});

describe('errors of an answer', () => {
  const of = (...extensions: Record<string, unknown>[]): [string, string] => {
    const { error, retry } = interruptionOfErrors(extensions.map((one) => ({ message: 'No.', extensions: one })));
    return [retry, error.name];
  };

  it.each([
    ['UNAUTHENTICATED', undefined, 'never', 'UnauthenticatedError'],
    ['FORBIDDEN', undefined, 'never', 'ForbiddenError'],
    ['NOT_FOUND', undefined, 'never', 'NotFoundError'],
    ['BAD_USER_INPUT', undefined, 'never', 'RequestRefusedError'],
    ['BAD_USER_INPUT', 'CURSOR_INVALID', 'never', 'CursorInvalidError'],
    ['GONE', 'CURSOR_DIVERGED', 'never', 'CursorDivergedError'],
    ['GONE', 'CURSOR_EXPIRED', 'never', 'CursorExpiredError'],
    ['QUERY_TOO_COMPLEX', undefined, 'never', 'RequestRefusedError'],
    ['UNAVAILABLE', undefined, 'always', 'InterruptedError'],
    ['RATE_LIMITED', undefined, 'always', 'InterruptedError'],
    ['INTERNAL_SERVER_ERROR', undefined, 'few', 'InterruptedError'],
    ['toString', 'constructor', 'never', 'RequestRefusedError'],
  ])('%s %s: %s, %s', (code, reason, retry, name) => {
    expect(of({ code, reason })).toEqual([retry, name]);
  });

  it('are as final as the most final of them', () => {
    expect(of({ code: 'UNAVAILABLE' }, { code: 'FORBIDDEN' })).toEqual(['never', 'ForbiddenError']);
  });

  it('carry what the gateway says', () => {
    const { error } = interruptionOfErrors([
      { message: 'No.', extensions: { code: 'GONE', reason: 'CURSOR_DIVERGED', resumeFrom: 'c', lastSequence: 7 } },
    ]);
    expect(error).toBeInstanceOf(CursorDivergedError);
    expect(error).toMatchObject({ code: 'GONE', resumeFrom: 'c', lastSequence: 7 });
    expect(
      interruptionOfErrors([{ message: 'No.', extensions: { code: 'RATE_LIMITED', retryAfterMs: 70 } }]).afterMs,
    ).toBe(70);
  });
});

it('a socket that fails may come back, one that talks nonsense is tried a few times', () => {
  expect(interruptionOfSocket({ type: 'error' }).retry).toBe('always');
  expect(interruptionOfSocket(new SyntaxError('Unexpected token')).retry).toBe('few');
});
