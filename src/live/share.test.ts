import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogEvent, LogPlace } from '../change-feed/contract.ts';
import { unavailable } from '../shared/errors.ts';
import { indexAfter, Share, type Resting, type WrittenPage } from './share.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const place = (number: number): LogPlace => ({ number, fingerprint: Buffer.alloc(8, number) });
const event = (number: number): LogEvent => ({
  sessionId: 's',
  number,
  position: number,
  kind: 'message_added',
  subjectId: `m-${number}`,
  messageSequence: number,
  chain: Buffer.alloc(32, number),
  createdAt: new Date(0),
  place: place(number),
  size: 10,
  readAt: 0,
});

/** A share of a log that gives one event at a time, up to its end, some ms after it is asked. */
function shared({ end = 100, ms = 10 } = {}) {
  const log = { end, isAway: false, isBroken: false, asked: [] as number[], written: [] as number[] };
  const listeners = new Set<() => void>();
  const share = new Share({
    log: {
      head: () => Promise.resolve(place(log.end)),
      check: () => Promise.resolve(),
      pageAfter: ({ number }) => {
        log.asked.push(number);
        if (number >= log.end) return [];
        return new Promise((resolve, reject) => {
          setTimeout(() => {
            if (log.isAway) reject(unavailable('The database'));
            else if (log.isBroken) reject(new Error('broken'));
            else resolve([event(number + 1)]);
          }, ms);
        });
      },
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    write: (events) => {
      log.written.push(...events.map(({ number }) => number));
      return Promise.resolve({ texts: events.map(({ subjectId }) => subjectId) });
    },
  });
  const page = async (number: number): Promise<WrittenPage> => {
    const reading = share.pageAfter(place(number));
    await vi.advanceTimersByTimeAsync(ms);
    return (await reading) as WrittenPage;
  };
  return { share, log, listeners, page, tell: () => listeners.forEach((listener) => listener()) };
}

/** One who rests at a place, and what there was for it when it was woken. */
function resting(share: Share, number: number): Resting & { found: unknown[] } {
  const follower = {
    place: place(number),
    found: [] as unknown[],
    wake: () => void follower.found.push(share.pageAfter(follower.place)),
  };
  share.rest(follower);
  return follower;
}

describe('a page', () => {
  it('is none where there is nothing after the place yet', () => {
    const { share, log } = shared({ end: 5 });
    expect(share.pageAfter(place(5))).toBeNull();
    expect(log.written).toEqual([]);
  });

  it('is read and written once for all who ask while it is read, and a quarter of a second longer', async () => {
    const { share, log, page } = shared();
    const both = [share.pageAfter(place(1)), share.pageAfter(place(1))];
    expect(both[1]).toBe(both[0]);
    const first = await page(1);
    expect(first).toMatchObject({ start: place(1), places: [place(2)], texts: ['m-2'] });
    await vi.advanceTimersByTimeAsync(239);
    expect(share.pageAfter(place(1))).toBe(first);
    expect(log.written).toEqual([2]);
    await vi.advanceTimersByTimeAsync(1);
    expect(share.pageAfter(place(1))).toBe(first);
    await vi.advanceTimersByTimeAsync(10);
    expect(share.pageAfter(place(1))).toBeInstanceOf(Promise);
    await page(1);
    expect(log.written).toEqual([2, 2]);
  });

  it('is not the one after a place of the same number in another history', async () => {
    const { share, page } = shared();
    await page(1);
    expect(share.pageAfter({ number: 1, fingerprint: Buffer.alloc(8, 99) })).toBeInstanceOf(Promise);
  });

  it('is at hand for one of the four places that were asked for last', async () => {
    const { share, page } = shared();
    for (const number of [10, 20, 30, 40, 50]) await page(number);
    expect([20, 30, 40, 50].map((number) => share.pageAfter(place(number)) instanceof Promise)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(share.pageAfter(place(10))).toBeInstanceOf(Promise);
  });

  it('is let go soon after nobody may be given it any more, by a timer that goes with the last', async () => {
    const { page } = shared();
    await page(10);
    await vi.advanceTimersByTimeAsync(100);
    await page(20);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(vi.getTimerCount()).toBe(0);
    await page(30);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('is waited for while the database is away', async () => {
    const { share, log } = shared();
    log.isAway = true;
    const reading = share.pageAfter(place(1));
    await vi.advanceTimersByTimeAsync(1000);
    log.isAway = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await reading).toMatchObject({ texts: ['m-2'] });
  });

  it('that could not be read is read anew for the next', async () => {
    const { share, log, page } = shared();
    log.isBroken = true;
    const failed = Promise.allSettled([share.pageAfter(place(1))]);
    await vi.advanceTimersByTimeAsync(10);
    expect(await failed).toMatchObject([{ status: 'rejected', reason: { message: 'broken' } }]);
    log.isBroken = false;
    expect(await page(1)).toMatchObject({ texts: ['m-2'] });
  });
});

describe('those who rest', () => {
  it('are woken by the next news, once', async () => {
    const { share, tell } = shared();
    const [one, other] = [resting(share, 1), resting(share, 1)];
    tell();
    await vi.advanceTimersByTimeAsync(10);
    tell();
    await vi.advanceTimersByTimeAsync(1000);
    expect([one.found.length, other.found.length]).toEqual([1, 1]);
  });

  it('find their page at hand, which was read once', async () => {
    const { share, log, tell } = shared();
    const all = [1, 1, 1].map((number) => resting(share, number));
    tell();
    tell();
    await vi.advanceTimersByTimeAsync(10);
    for (const { found } of all) expect(found).toMatchObject([{ texts: ['m-2'] }]);
    expect(log.asked).toEqual([1]);
  });

  it('are not woken when they have left', async () => {
    const { share, log, tell } = shared();
    const [gone, there] = [resting(share, 1), resting(share, 1)];
    share.leave(gone);
    tell();
    await vi.advanceTimersByTimeAsync(10);
    expect([gone.found.length, there.found.length]).toEqual([0, 1]);
    log.asked = [];
    tell();
    await vi.advanceTimersByTimeAsync(1000);
    expect(log.asked).toEqual([]);
  });

  it('are woken where their page cannot be read, to be told so themselves', async () => {
    const { share, log, tell } = shared();
    log.isBroken = true;
    const one = resting(share, 1);
    tell();
    await vi.advanceTimersByTimeAsync(10);
    expect(one.found).toHaveLength(1);
    await expect(Promise.all([...one.found, vi.advanceTimersByTimeAsync(10)])).rejects.toThrow('broken');
  });

  it('come with what was news since their page was asked for', async () => {
    const { share, page, tell } = shared();
    const first = await page(1);
    expect(share.hasNewsSince(first)).toBe(false);
    tell();
    expect(share.hasNewsSince(first)).toBe(true);
    expect(share.hasNewsSince(await page(50))).toBe(false);
  });
});

it('a share that is closed hears no more, and waits for nothing', async () => {
  const { share, log, listeners, page } = shared();
  await page(10);
  log.isAway = true;
  const reading = share.pageAfter(place(1));
  await vi.advanceTimersByTimeAsync(1000);
  share.close();
  await vi.advanceTimersByTimeAsync(10);
  expect(await reading).toMatchObject({ places: [], texts: [] });
  expect([listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
});

describe('in a page from 3 to 6', () => {
  const page: WrittenPage = {
    start: place(3),
    places: [4, 5, 6].map(place),
    texts: ['4', '5', '6'],
    readAt: 0,
    asOf: 0,
  };

  it.each([
    [2, -1],
    [3, 0],
    [4, 1],
    [5, 2],
    [6, -1],
    [7, -1],
  ])('what comes after %i begins at %i', (number, index) => {
    expect(indexAfter(page, place(number))).toBe(index);
  });
});
