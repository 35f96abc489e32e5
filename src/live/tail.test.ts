import { describe, expect, it } from 'vitest';
import type { LogEvent, LogPlace } from '../change-feed/contract.ts';
import { maxKeptEvents, Tail } from './tail.ts';

const place = (number: number, history = 1): LogPlace => ({ number, fingerprint: Buffer.alloc(8, history) });

const events = (from: number, to: number, history = 1): LogEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    sessionId: 's',
    number: from + index,
    position: from + index,
    kind: 'message_added',
    subjectId: `m-${from + index}`,
    messageSequence: from + index,
    chain: Buffer.alloc(32, history),
    createdAt: new Date(0),
    place: place(from + index, history),
    size: 10,
    readAt: 0,
  }));

function tailWith(from: number, to: number): Tail {
  const tail = new Tail();
  tail.startAt(place(from - 1));
  tail.append(events(from, to));
  return tail;
}

const numbersAfter = (tail: Tail, at: LogPlace, limit = 100): number[] | undefined =>
  tail.after(at, limit)?.map(({ number }) => number);

describe('a tail', () => {
  it('knows nothing before it has a place', () => {
    const tail = new Tail();
    expect(tail.head).toBeUndefined();
    expect(tail.after(place(0), 100)).toBeUndefined();
  });

  it('gives what follows each of its places, the one before its first event included', () => {
    const tail = tailWith(5, 8);
    expect(numbersAfter(tail, place(4))).toEqual([5, 6, 7, 8]);
    expect(numbersAfter(tail, place(6))).toEqual([7, 8]);
    expect(numbersAfter(tail, place(8))).toEqual([]);
    expect(numbersAfter(tail, place(4), 2)).toEqual([5, 6]);
  });

  it('finds places whose numbers have gaps', () => {
    const tail = new Tail();
    tail.startAt(place(0));
    tail.append(events(1, 40).filter(({ number }) => number % 7 === 3));
    expect(numbersAfter(tail, place(10))).toEqual([17, 24, 31, 38]);
    expect(numbersAfter(tail, place(11))).toBeUndefined();
  });

  it('leaves to the database who is behind it, ahead of it, or comes from another history (L5)', () => {
    const tail = tailWith(5, 8);
    for (const elsewhere of [place(3), place(9), place(6, 2), place(4, 2), place(8, 2)]) {
      expect(tail.after(elsewhere, 100)).toBeUndefined();
    }
  });

  it('keeps all where there are exactly so many', () => {
    expect(numbersAfter(tailWith(1, maxKeptEvents), place(0), 1000)).toHaveLength(maxKeptEvents);
  });

  it('keeps so many events and goes on where the oldest were let go', () => {
    const tail = tailWith(1, 10);
    tail.append(events(11, maxKeptEvents + 5));
    expect(tail.length).toBe(maxKeptEvents);
    expect(tail.after(place(4), 1)).toBeUndefined();
    expect(numbersAfter(tail, place(5), 1)).toEqual([6]);
    expect(tail.head).toEqual(place(maxKeptEvents + 5));
  });

  it('forgets all of it when the history is another one', () => {
    const tail = tailWith(5, 8);
    tail.forget();
    expect(tail.after(place(6), 100)).toBeUndefined();
    tail.startAt(place(6, 2));
    tail.append(events(7, 7, 2));
    expect(numbersAfter(tail, place(6, 2))).toEqual([7]);
    expect(tail.after(place(6), 100)).toBeUndefined();
  });
});
