import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CollectingOutlet } from '../../tests/support/collecting-outlet.ts';
import { MemoryLogs } from '../../tests/support/memory-logs.ts';
import { turns } from '../../tests/support/turns.ts';
import type { LogPlace } from '../change-feed/contract.ts';
import { Shares } from './shares.ts';

function follower(
  logs: MemoryLogs,
  shares: Shares,
  sessionId: string,
  options: { from?: LogPlace; key?: string } = {},
) {
  const outlet = new CollectingOutlet();
  const log = logs.live.session(sessionId);
  const written: number[] = [];
  const leave = shares.follow({
    key: options.key ?? sessionId,
    log,
    from: options.from ?? logs.placeAt(sessionId, 0),
    first: [],
    write: async (events) => {
      written.push(events.length);
      await turns(1);
      return { texts: events.map(({ subjectId }) => subjectId) };
    },
    outlet,
    ended: (reason) => (outlet.reason = reason),
  });
  return { outlet, leave, written };
}

const settled = async (check: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2000 && !check(); turn += 1) await turns(1);
};

describe('followers of one log', () => {
  it('get all of it, each from its own place, in one reading per page (L1, L2, L3)', async () => {
    const logs = new MemoryLogs();
    const shares = new Shares();
    logs.add('s', 3);
    const early = follower(logs, shares, 's');
    const others = Array.from({ length: 50 }, () => follower(logs, shares, 's', { from: logs.placeAt('s', 2) }));
    await settled(() => early.outlet.texts.length === 3 && others.every(({ outlet }) => outlet.texts.length === 1));
    const { pages } = logs;
    logs.batches = [];
    logs.add('s', 2);
    logs.wake('s');
    await settled(() => others.every(({ outlet }) => outlet.texts.length === 3));
    expect(early.outlet.texts).toEqual(logs.texts('s'));
    for (const { outlet } of others) expect(outlet.texts).toEqual(['s-3', 's-4', 's-5']);
    expect(logs.batches).toEqual([1]);
    expect(logs.pages).toBe(pages);
    // The early one's and the others' first pages, and one for all afterwards.
    expect(early.written).toEqual([3, 1, 2]);
  });

  it('miss nothing that is written and told while they read, at whatever moment (L6)', async () => {
    for (let first = 0; first < 8; first += 1) {
      for (let second = 0; second < 8; second += 1) {
        const logs = new MemoryLogs();
        const { outlet } = follower(logs, new Shares(), 's');
        for (const moment of [first, second]) {
          await turns(moment);
          logs.add('s');
          logs.wake('s');
        }
        await settled(() => outlet.texts.length === 2);
        expect(outlet.texts, `after ${first} and ${second} turns`).toEqual(['s-1', 's-2']);
      }
    }
  });

  it('miss nothing when they start ahead of a tail that has not been woken yet', async () => {
    for (let moment = 0; moment < 8; moment += 1) {
      const logs = new MemoryLogs();
      const shares = new Shares();
      follower(logs, shares, 's');
      await turns(20);
      // The tail is read several times while the page is on its way.
      logs.pageTurns = 10;
      logs.add('s');
      const ahead = follower(logs, shares, 's', { from: logs.placeAt('s', 1), key: 'ahead' });
      await turns(moment);
      logs.add('s');
      logs.wake('s');
      await settled(() => ahead.outlet.texts.length === 1);
      expect(ahead.outlet.texts, `after ${moment} turns`).toEqual(['s-2']);
    }
  });

  it('of many sessions cost one reading, however many have changed', async () => {
    const logs = new MemoryLogs();
    const shares = new Shares();
    const sessionIds = Array.from({ length: 40 }, (_, number) => `s-${number}`);
    const all = sessionIds.map((sessionId) => follower(logs, shares, sessionId));
    await turns(20);
    logs.batches = [];
    for (const sessionId of sessionIds) logs.add(sessionId);
    logs.wake(...sessionIds);
    await settled(() => all.every(({ outlet }) => outlet.texts.length === 1));
    expect(all.every(({ outlet }) => outlet.texts.length === 1)).toBe(true);
    expect(logs.batches).toEqual([40]);
  });

  it('are all told when the history has become another one, and only those who are beyond the fork (L5)', async () => {
    const logs = new MemoryLogs();
    const shares = new Shares();
    logs.add('s', 10);
    const full = follower(logs, shares, 's', { key: 'stands at 4' });
    full.outlet.makeRoom(4);
    const beyond = follower(logs, shares, 's');
    await settled(() => beyond.outlet.texts.length === 10 && full.outlet.texts.length === 4);
    logs.restore('s', 6);
    logs.add('s', 6, { history: 2 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    logs.wake('s');
    await settled(() => beyond.outlet.reason !== undefined);
    expect(beyond.outlet.reason).toMatchObject({ code: 'GONE' });
    expect(beyond.outlet.texts).toHaveLength(10);
    full.outlet.makeRoom(100);
    await settled(() => full.outlet.texts.length === 12);
    expect(full.outlet.texts).toEqual(logs.texts('s'));
    expect(full.outlet.reason).toBeUndefined();
  });

  it('hold nothing while their outlet is full, and go on where they were (L7)', async () => {
    const logs = new MemoryLogs();
    const shares = new Shares();
    const slow = follower(logs, shares, 's');
    const quick = follower(logs, shares, 's');
    await turns(20);
    slow.outlet.makeRoom(1);
    logs.add('s', 500);
    logs.wake('s');
    await settled(() => quick.outlet.texts.length === 500);
    expect(slow.outlet.texts).toEqual(['s-1']);
    slow.outlet.makeRoom(Number.POSITIVE_INFINITY);
    await settled(() => slow.outlet.texts.length === 500);
    expect(slow.outlet.texts).toEqual(logs.texts('s'));
  });

  it('have pages cut where what they name is large', async () => {
    const logs = new MemoryLogs();
    logs.add('s', 10, { size: 30_000 });
    const { outlet, written } = follower(logs, new Shares(), 's');
    await settled(() => outlet.texts.length === 10);
    expect(written).toEqual([2, 2, 2, 2, 2]);
    logs.add('s', 1, { size: 10_000_000 });
    logs.wake('s');
    await settled(() => outlet.texts.length === 11);
    expect(outlet.texts).toEqual(logs.texts('s'));
  });

  it('do not end while the database is away (L9)', async () => {
    const logs = new MemoryLogs();
    const { outlet } = follower(logs, new Shares(), 's');
    await turns(20);
    logs.isAway = true;
    logs.add('s', 2);
    logs.wake('s');
    await turns(50);
    expect(outlet.texts).toEqual([]);
    logs.isAway = false;
    await expect.poll(() => outlet.texts, { timeout: 10_000 }).toEqual(['s-1', 's-2']);
  });

  it('leave nothing behind', async () => {
    const logs = new MemoryLogs();
    const shares = new Shares();
    const both = [follower(logs, shares, 's'), follower(logs, shares, 's')];
    await turns(20);
    expect(logs.topics.size).toBe(1);
    both[0]?.outlet.makeRoom(0);
    logs.add('s');
    logs.wake('s');
    await turns(20);
    expect(both.map(({ outlet }) => outlet.waiting)).toEqual([1, 0]);
    for (const { leave } of both) leave();
    expect(both.map(({ outlet }) => outlet.waiting)).toEqual([0, 0]);
    expect(logs.topics.size).toBe(0);
    logs.add('s');
    logs.wake('s');
    await turns(20);
    expect(both.flatMap(({ outlet }) => outlet.texts)).toEqual(['s-1']);
  });

  it('get everything once and in order whatever happens at whatever moment', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), count: fc.integer({ min: 1, max: 150 }) }),
      fc.record({ do: fc.constant('wake' as const) }),
      fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ do: fc.constant('follow' as const), from: fc.nat(), alone: fc.boolean() }),
      fc.record({ do: fc.constant('leave' as const), who: fc.nat() }),
      fc.record({ do: fc.constant('room' as const), who: fc.nat(), count: fc.integer({ min: 0, max: 40 }) }),
    );
    const trial = async (steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) => {
      const logs = new MemoryLogs();
      const shares = new Shares();
      const all: (ReturnType<typeof follower> & { from: number })[] = [];
      const gone = new Set<number>();
      for (const [index, one] of steps.entries()) {
        const length = logs.texts('s').length;
        if (one.do === 'add') logs.add('s', one.count);
        if (one.do === 'wake') logs.wake('s');
        if (one.do === 'turns') await turns(one.count);
        if (one.do === 'follow') {
          const from = one.from % (length + 1);
          const key = one.alone ? `alone ${index}` : 'together';
          all.push({ ...follower(logs, shares, 's', { from: logs.placeAt('s', from), key }), from });
        }
        if (one.do === 'leave' && all.length > 0) {
          const who = one.who % all.length;
          gone.add(who);
          all[who]?.leave();
        }
        if (one.do === 'room' && all.length > 0) all[one.who % all.length]?.outlet.makeRoom(one.count);
      }
      // Every change is followed by some wake-up in the end.
      logs.wake('s');
      for (const { outlet } of all) outlet.makeRoom(Number.POSITIVE_INFINITY);
      const expected = (from: number): string[] => logs.texts('s').slice(from);
      const isDone = (): boolean =>
        all.every(({ outlet, from }, index) => gone.has(index) || outlet.texts.length >= expected(from).length);
      await settled(isDone);
      all.forEach(({ outlet, from }, index) => {
        const due = gone.has(index) ? expected(from).slice(0, outlet.texts.length) : expected(from);
        expect(outlet.texts).toEqual(due);
        expect(outlet.reason).toBeUndefined();
      });
      all.forEach(({ leave }) => leave());
      expect(logs.topics.size).toBe(0);
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), trial), { numRuns: 150 });
  });
});
