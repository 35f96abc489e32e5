import { describe, expect, it } from 'vitest';
import { turns } from '../../tests/support/turns.ts';
import type { LogEvent, LogPlace } from '../change-feed/contract.ts';
import { Topics } from '../change-feed/topics.ts';
import { unavailable } from '../shared/errors.ts';
import { Tails, type TailHead } from './tails.ts';

const place = (number: number): LogPlace => ({ number, fingerprint: Buffer.alloc(8, number) });
const event = (number: number, size: number): LogEvent => ({
  sessionId: 's',
  number,
  position: number,
  kind: 'message_added',
  subjectId: `m-${number}`,
  messageSequence: number,
  chain: Buffer.alloc(32, number),
  createdAt: new Date(0),
  place: place(number),
  size,
  readAt: 0,
});

/** Tails of logs that are as long as the test says, and how they were read: by single pages and by heads together. */
function watched({ size = 10 } = {}) {
  const topics = new Topics();
  const lengths = new Map<string, number>();
  const asked: string[] = [];
  const reads: (readonly TailHead[])[] = [];
  const after = (key: string, { number }: LogPlace, limit: number): LogEvent[] =>
    Array.from({ length: Math.min(limit, Math.max(0, (lengths.get(key) ?? 0) - number)) }, (_, index) =>
      event(number + index + 1, size),
    );
  const script = {
    /** What reading the heads together answers, instead of the truth. */
    answer: null as null | (() => Promise<readonly (readonly LogEvent[] | null)[]>),
    /** Before the answer to a single page is here. */
    meanwhile: () => Promise.resolve(),
  };
  const tails = new Tails({
    wakeUps: topics,
    feedOf: (key) => ({
      topic: `topic of ${key}`,
      head: () => Promise.resolve(place(lengths.get(key) ?? 0)),
      pageAfter: async (from, limit) => {
        asked.push(key);
        const page = after(key, from, limit);
        await script.meanwhile();
        return page;
      },
    }),
    read: async (heads, limit) => {
      reads.push(heads);
      const pages = heads.map(({ key, place: from }) => after(key, from, limit));
      await turns(1);
      return script.answer === null ? pages : script.answer();
    },
  });
  const told: string[] = [];
  const listen = (key: string): (() => void) => tails.listen(key, () => told.push(key));
  const numbers = async (key: string, from = 0): Promise<number[]> =>
    (await tails.pageAfter(key, place(from))).map(({ number }) => number);
  /** Listens, and reads to the end, from which on the tail is known. */
  const know = async (key: string, length = 0): Promise<() => void> => {
    lengths.set(key, length);
    const leave = listen(key);
    await tails.pageAfter(key, place(0));
    return leave;
  };
  const isAtHand = (key: string, from: number): boolean => !(tails.pageAfter(key, place(from)) instanceof Promise);
  const grow = (key: string, by: number): void => void lengths.set(key, (lengths.get(key) ?? 0) + by);
  const wake = async (...keys: string[]): Promise<void> => {
    for (const key of keys) topics.wake(`topic of ${key}`);
    await turns(5);
  };
  return { tails, topics, lengths, asked, reads, script, told, listen, numbers, know, isAtHand, grow, wake };
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a page', () => {
  it('comes from the database where nobody watches, and nothing is kept of it', async () => {
    const { numbers, lengths, asked, isAtHand } = watched();
    lengths.set('a', 3);
    expect(await numbers('a', 1)).toEqual([2, 3]);
    expect(isAtHand('a', 1)).toBe(false);
    expect(asked).toEqual(['a', 'a']);
  });

  it('is at hand once somebody who watches has read to the end', async () => {
    const { know, numbers, isAtHand, asked } = watched();
    await know('a', 3);
    expect([isAtHand('a', 0), isAtHand('a', 3)]).toEqual([true, true]);
    expect(await numbers('a', 1)).toEqual([2, 3]);
    expect(asked).toEqual(['a']);
  });

  it('that is full is not the end', async () => {
    const { know, numbers, isAtHand } = watched();
    await know('a', 100);
    expect(isAtHand('a', 100)).toBe(false);
    expect(await numbers('a', 100)).toEqual([]);
    expect(isAtHand('a', 100)).toBe(true);
  });

  it('read by one who was behind changes nothing of what is known', async () => {
    const { know, numbers, isAtHand, grow } = watched();
    await know('a', 3);
    grow('a', 2);
    // Not a place of the tail, so it is asked for.
    expect(await numbers('a', 4)).toEqual([5]);
    expect([isAtHand('a', 0), isAtHand('a', 5)]).toEqual([true, false]);
  });

  it('whose reader has left meanwhile is not kept', async () => {
    const { tails, listen, lengths, script, isAtHand } = watched();
    lengths.set('a', 3);
    const leave = listen('a');
    script.meanwhile = () => turns(3);
    const reading = tails.pageAfter('a', place(0));
    leave();
    listen('a');
    await reading;
    expect(isAtHand('a', 0)).toBe(false);
  });

  it.each([
    ['is all there is where that just fits', 32 * 1024, 2, [1, 2]],
    ['is cut where it would be too large', 32 * 1024 + 1, 2, [1]],
    ['has at least one event, however large', 10_000_000, 3, [1]],
  ])('%s', async (_what, size, length, expected) => {
    const { lengths, numbers } = watched({ size });
    lengths.set('a', length);
    expect(await numbers('a')).toEqual(expected);
  });
});

describe('a wake-up', () => {
  it('has what is new read, and then it is told and at hand', async () => {
    const { know, grow, wake, told, numbers, asked, reads } = watched();
    await know('a', 3);
    grow('a', 2);
    await wake('a');
    expect(told).toEqual(['a']);
    expect(await numbers('a', 3)).toEqual([4, 5]);
    expect([asked.length, reads.length]).toEqual([1, 1]);
  });

  it('that meant nothing is not told', async () => {
    const { know, wake, told, reads } = watched();
    await know('a', 3);
    await wake('a');
    expect([told, reads.length]).toEqual([[], 1]);
  });

  it('for which there is more than a page has all of it read', async () => {
    const { know, grow, wake, told, numbers, reads } = watched();
    await know('a');
    grow('a', 150);
    await wake('a');
    expect([told, reads.length]).toEqual([['a', 'a'], 2]);
    expect(await numbers('a', 100)).toEqual(upTo(101, 150));
  });

  it('waits for the reading under way, together with others', async () => {
    const { know, wake, topics, reads } = watched();
    for (const key of ['a', 'b', 'c']) await know(key);
    topics.wake('topic of a');
    await Promise.resolve();
    topics.wake('topic of b');
    topics.wake('topic of c');
    await Promise.resolve();
    expect(reads).toHaveLength(1);
    await wake('b');
    expect(reads.map((heads) => heads.map(({ key }) => key))).toEqual([['a'], ['b', 'c']]);
  });

  it('reads nothing where nobody has read to the end yet', async () => {
    const { listen, wake, reads, told } = watched();
    listen('a');
    await wake('a');
    expect([reads, told]).toEqual([[], []]);
  });

  it('during the reading of the first page is not forgotten', async () => {
    const { tails, listen, lengths, script, grow, topics, told } = watched();
    lengths.set('a', 3);
    listen('a');
    script.meanwhile = async () => {
      grow('a', 1);
      topics.wake('topic of a');
      await turns(3);
    };
    await tails.pageAfter('a', place(0));
    await turns(5);
    expect(told).toEqual(['a']);
  });

  it('is needed for a tail to be read again after its first page', async () => {
    const { know, reads } = watched();
    await know('a', 3);
    await turns(5);
    expect(reads).toEqual([]);
  });

  it('of very many at once is read in portions', async () => {
    const { know, wake, reads } = watched();
    const keys = Array.from({ length: 1001 }, (_, index) => `key ${index}`);
    for (const key of keys) await know(key);
    await wake(...keys);
    expect(reads.map(({ length }) => length)).toEqual([1000, 1]);
  });
});

describe('a tail', () => {
  it.each([
    ['is of another history', () => Promise.resolve([null])],
    ['cannot be read', () => Promise.reject(new Error('broken'))],
  ])('that %s is forgotten, and all ask for themselves', async (_what, answer) => {
    const { know, wake, script, told, isAtHand } = watched();
    await know('a', 3);
    script.answer = answer;
    await wake('a');
    expect([told, isAtHand('a', 3)]).toEqual([['a'], false]);
  });

  it('of another history leaves those alone that were read with it', async () => {
    const { know, wake, script, told, isAtHand } = watched();
    for (const key of ['a', 'b']) await know(key, 3);
    script.answer = () => Promise.resolve([null, []]);
    await wake('a', 'b');
    expect([told, isAtHand('a', 3), isAtHand('b', 3)]).toEqual([['a'], false, true]);
  });

  it('is read again and again while the database is away, and not by those who have left', async () => {
    const { know, topics, script, told, reads, grow, isAtHand } = watched();
    await know('a', 3);
    const leave = await know('b', 3);
    script.answer = () => Promise.reject(unavailable('The database'));
    grow('a', 1);
    for (const key of ['a', 'b']) topics.wake(`topic of ${key}`);
    await Promise.resolve();
    expect(reads).toHaveLength(1);
    leave();
    await expect.poll(() => reads.length).toBeGreaterThan(2);
    script.answer = null;
    await expect.poll(() => told, { timeout: 5000 }).toEqual(['a']);
    expect(reads.slice(1).every((heads) => heads.length === 1 && heads[0]?.key === 'a')).toBe(true);
    expect(isAtHand('a', 3)).toBe(true);
  });

  it('that everybody leaves while it is read stays left', async () => {
    const { know, grow, topics, isAtHand, told } = watched();
    const leave = await know('a', 3);
    grow('a', 1);
    topics.wake('topic of a');
    await Promise.resolve();
    leave();
    await turns(5);
    expect([told, topics.size, isAtHand('a', 4)]).toEqual([[], 0, false]);
  });

  it('that everybody leaves before it is read is not read', async () => {
    const { know, topics, reads } = watched();
    const leave = await know('a', 3);
    topics.wake('topic of a');
    leave();
    await turns(5);
    expect(reads).toEqual([]);
  });

  it('stays for the others when one leaves, and for those who came since when one leaves twice', async () => {
    const { know, listen, isAtHand, topics } = watched();
    const leave = [await know('a', 3), listen('a')];
    leave[0]?.();
    expect([isAtHand('a', 0), topics.size]).toEqual([true, 1]);
    leave[1]?.();
    expect([isAtHand('a', 0), topics.size]).toEqual([false, 0]);
    await know('a', 3);
    leave[1]?.();
    expect([isAtHand('a', 0), topics.size]).toEqual([true, 1]);
  });
});

describe('of fifty thousand events that are kept in all', () => {
  const keys = Array.from({ length: 625 }, (_, index) => `key ${index}`);
  async function full() {
    const all = watched();
    const leave = new Map<string, () => void>();
    for (const key of keys) leave.set(key, await all.know(key, 80));
    return { ...all, leave };
  }

  it('all are kept, and one more has those forgotten that were quiet for longest, but for where they ended', async () => {
    const { know, isAtHand } = await full();
    expect(keys.every((key) => isAtHand(key, 0))).toBe(true);
    await know('one more', 1);
    expect([isAtHand('key 0', 0), isAtHand('key 0', 80), isAtHand('key 1', 0)]).toEqual([false, true, true]);
    // There is room for 79 more now.
    await know('many more', 79);
    expect(isAtHand('key 1', 0)).toBe(true);
    await know('the last', 1);
    expect([isAtHand('key 1', 0), isAtHand('key 2', 0)]).toEqual([false, true]);
  });

  it('those that have news are not the quiet ones', async () => {
    const { grow, wake, isAtHand } = await full();
    grow('key 0', 1);
    await wake('key 0');
    expect([isAtHand('key 0', 0), isAtHand('key 1', 0), isAtHand('key 2', 0)]).toEqual([true, false, true]);
  });

  it('those that nobody watches any more, or that were of another history, make room', async () => {
    const { know, leave, script, wake, isAtHand } = await full();
    leave.get('key 7')?.();
    await know('in its place', 80);
    expect(isAtHand('key 0', 0)).toBe(true);
    script.answer = () => Promise.resolve([null]);
    await wake('key 8');
    await know('in its place, too', 80);
    expect(isAtHand('key 0', 0)).toBe(true);
    await know('one more', 1);
    expect(isAtHand('key 0', 0)).toBe(false);
  });
});
