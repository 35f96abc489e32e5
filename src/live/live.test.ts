import { describe, expect, it } from 'vitest';
import { MemoryLogs } from '../../tests/support/memory-logs.ts';
import { turns } from '../../tests/support/turns.ts';
import type { Followed } from './live.ts';

const logsOf = {
  s: ({ live }: MemoryLogs) => live.session('s'),
  all: ({ live }: MemoryLogs) => live.allSessions(),
  audit: ({ live }: MemoryLogs) => live.audit(),
};

describe.each(Object.entries(logsOf))('the log %s', (name, logOf) => {
  const made = (): { logs: MemoryLogs; log: Followed } => {
    const logs = new MemoryLogs();
    logs.add(name, 3);
    return { logs, log: logOf(logs) };
  };

  it('has an end and pages', async () => {
    const { logs, log } = made();
    expect(await log.head()).toEqual(logs.placeAt(name, 3));
    expect((await log.pageAfter(logs.placeAt(name, 1))).map(({ number }) => number)).toEqual([2, 3]);
  });

  it('says whether a place is one of its own', async () => {
    const { logs, log } = made();
    await log.check(logs.placeAt(name, 3));
    await expect(log.check({ number: 2, fingerprint: Buffer.alloc(8, 9) })).rejects.toMatchObject({ code: 'GONE' });
  });

  it('tells of news, which is at hand then', async () => {
    const { logs, log } = made();
    let told = 0;
    log.listen(() => (told += 1));
    await log.pageAfter(logs.placeAt(name, 3));
    logs.add(name);
    logs.wake(name);
    await turns(10);
    expect(told).toBe(1);
    expect(log.pageAfter(logs.placeAt(name, 3))).toMatchObject([{ number: 4 }]);
  });

  it('tells of another history, which all find out for themselves', async () => {
    const { logs, log } = made();
    const end = logs.placeAt(name, 3);
    let told = 0;
    log.listen(() => (told += 1));
    await log.pageAfter(end);
    logs.restore(name, 1);
    logs.add(name, 4, { history: 2 });
    logs.wake(name);
    await turns(10);
    expect(told).toBe(1);
    await expect(log.pageAfter(end)).rejects.toMatchObject({ code: 'GONE' });
  });

  it('keeps its place while the database is away', async () => {
    const { logs, log } = made();
    const end = logs.placeAt(name, 3);
    let told = 0;
    log.listen(() => (told += 1));
    await log.pageAfter(end);
    logs.isAway = true;
    logs.add(name);
    logs.wake(name);
    await turns(10);
    expect([told, log.pageAfter(end)]).toEqual([0, []]);
    logs.isAway = false;
    await expect.poll(() => told, { timeout: 5000 }).toBe(1);
  });
});
