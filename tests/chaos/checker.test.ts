import { describe, expect, it } from 'vitest';
import { check, checkWrites, type Committed, type Recording } from './checker.ts';

/** Two sessions, their messages committed in turns: a1 b1 a2 b2 a3 b3. */
const truth: Committed[] = [1, 2, 3].flatMap((sequence) => [
  { messageId: `a${sequence}`, sessionId: 'a', sequence, position: sequence * 2 - 1 },
  { messageId: `b${sequence}`, sessionId: 'b', sequence, position: sequence * 2 },
]);
const given = (...messageIds: string[]): Recording['deliveries'] =>
  messageIds.map((messageId) => ({ messageId, sequence: Number(messageId.slice(1)) }));
const verdictOf = (recording: Partial<Recording>) =>
  check(truth, [{ client: 'c', sessionId: null, after: 0, deliveries: [], ...recording }]);
const flawless = { lost: 0, doubled: 0, outOfOrder: 0, phantom: 0, examples: [] };

describe('check', () => {
  it('is content with all messages in order', () => {
    expect(verdictOf({ deliveries: given('a1', 'b1', 'a2', 'b2', 'a3', 'b3') })).toMatchObject({
      ...flawless,
      expected: 6,
      delivered: 6,
    });
    expect(verdictOf({ sessionId: 'a', deliveries: given('a1', 'a2', 'a3') })).toMatchObject(flawless);
  });

  it('expects only what comes after the start', () => {
    expect(verdictOf({ sessionId: 'b', after: 2, deliveries: given('b3') })).toMatchObject({
      ...flawless,
      expected: 1,
    });
    expect(verdictOf({ after: 4, deliveries: given('a3', 'b3') })).toMatchObject({ ...flawless, expected: 2 });
  });

  it('sees a loss, at the end too', () => {
    expect(verdictOf({ deliveries: given('a1', 'b1', 'b2', 'a3', 'b3') })).toMatchObject({ lost: 1, outOfOrder: 0 });
    expect(verdictOf({ sessionId: 'a', deliveries: given('a1', 'a2') }).examples).toEqual(['c lost a3']);
    expect(verdictOf({})).toMatchObject({ lost: 6 });
  });

  it('sees what came twice, and counts every time', () => {
    const deliveries = given('a1', 'a1', 'a1', 'b1', 'a2', 'b2', 'a3', 'b3');
    expect(verdictOf({ deliveries })).toMatchObject({ doubled: 2, lost: 0 });
  });

  it('sees an inversion, and a number that is not the message’s', () => {
    expect(verdictOf({ deliveries: given('b1', 'a1', 'a2', 'b2', 'a3', 'b3') })).toMatchObject({ outOfOrder: 1 });
    expect(verdictOf({ sessionId: 'a', after: 2, deliveries: [{ messageId: 'a3', sequence: 4 }] })).toMatchObject({
      outOfOrder: 1,
    });
  });

  it('sees what is not there in the end, and what comes from another session or from before the start', () => {
    expect(verdictOf({ sessionId: 'a', after: 1, deliveries: given('a1', 'a2', 'b2', 'a3', 'x9') })).toMatchObject({
      phantom: 3,
      lost: 0,
    });
  });

  it('adds up clients', () => {
    const recording: Recording = { client: 'c', sessionId: 'a', after: 0, deliveries: given('a1') };
    expect(check(truth, [recording, recording])).toMatchObject({ expected: 6, delivered: 2, lost: 4 });
  });
});

describe('checkWrites', () => {
  it('counts what was promised and is not there, and what was refused and is', () => {
    expect(
      checkWrites(new Set(['kept', 'refused', 'who knows']), [
        { messageId: 'kept', outcome: 'committed' },
        { messageId: 'gone', outcome: 'committed' },
        { messageId: 'refused', outcome: 'failed' },
        { messageId: 'rolled back', outcome: 'failed' },
        { messageId: 'who knows', outcome: 'unknown' },
        { messageId: 'nobody knows', outcome: 'unknown' },
      ]),
    ).toEqual({ committed: 2, failed: 2, unknown: 2, vanished: 1, uninvited: 1 });
  });
});
