import { describe, expect, it } from 'vitest';
import { loggedError, masked } from './log-error.ts';

const secrets = [
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl',
  'postgresql://gateway:hunter2secret@db:5432/x',
  'anna.canary@example.org',
  '$2b$12$KIXcanarycanarycanary',
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
];

describe('what is logged of an error', () => {
  it.each(secrets)('has none of %s', (secret) => {
    const thrown = new Error(`it failed for ${secret}`, { cause: new Error(`because of ${secret}.`) });
    expect(JSON.stringify(loggedError(thrown))).not.toContain(secret.slice(12, 24));
  });

  it('keeps names, codes and frames, and leaves out what stood in quotes or in a statement', () => {
    const driver = Object.assign(new Error('invalid input for column "tool_calls": "my diary, page 1"'), {
      code: '22P02',
      table: 'messages',
      detail: 'Failing row contains (my diary, page 1).',
    });
    const thrown = new Error(`insert into "messages" values ('my diary, page 1') - ${driver.message}`, {
      cause: driver,
    });
    const logged = loggedError(thrown);
    expect(JSON.stringify(logged)).not.toContain('diary');
    expect(logged).toMatchObject({
      message: 'invalid input for column "tool_calls": "***"',
      cause: { code: '22P02', table: 'messages', stack: expect.stringContaining('log-error.test.ts') as unknown },
    });
  });

  it.each([
    "it doesn't work because the server isn't there",
    "the gateway's clock and the server's differ",
    'postgresql://***@127.0.0.1:1/agent_runtime cannot be reached: connect ECONNREFUSED',
  ])('leaves alone what is harmless: %s', (text) => {
    expect(masked(text)).toBe(text);
  });

  it.each([
    ["it isn't 'my friend's diary' that's wanted", `it isn't "***" that's wanted`],
    ["values ('it''s mine, all of it')", `values ('it'"***")`],
    ["E'my diary' and 'a diary that does not end", 'E"***" and "***"'],
    ['at postgresql://anna:p@ss@db.example:5432/x', 'at postgresql://***@db.example:5432/x'],
    ['mailto:anna@example.org, anna.a@mail.example.org', 'mailto:*** ***'],
  ])('masks what is quoted or opens a door: %s', (text, shown) => {
    expect(masked(text)).toBe(shown);
  });

  it('is short, ends, and takes anything that can be thrown', () => {
    const turning = new Error('x'.repeat(50).concat(' y'.repeat(1000)));
    turning.cause = turning;
    expect(JSON.stringify(loggedError(turning)).length).toBeLessThan(20_000);
    expect(loggedError(`a text with 'a secret of mine'`)).toEqual({ type: 'string', message: 'a text with "***"' });
    expect(loggedError(undefined)).toEqual({ type: 'undefined', message: 'undefined' });
    expect(masked('connect ECONNREFUSED 127.0.0.1:5432')).toBe('connect ECONNREFUSED 127.0.0.1:5432');
  });
});
