import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { MemoryLogs } from '../../tests/support/memory-logs.ts';
import { turns } from '../../tests/support/turns.ts';
import { follow } from './follow.ts';

/** A log with three events that is followed, and the numbers of each page so far. */
function followed({ from = 0 } = {}) {
  const logs = new MemoryLogs();
  logs.add('s', 3);
  const leaving = new AbortController();
  const pages: number[][] = [];
  const read = async (): Promise<string> => {
    for await (const page of follow(logs.live.session('s'), logs.placeAt('s', from), leaving.signal))
      pages.push(page.map(({ number }) => number));
    return 'over';
  };
  return { logs, leaving, pages, reading: read() };
}

it('gives what was and then what comes, each once', async () => {
  const { logs, leaving, pages, reading } = followed({ from: 1 });
  await turns(10);
  expect(pages).toEqual([[2, 3]]);
  logs.add('s', 2);
  logs.wake('s');
  await turns(10);
  expect(pages).toEqual([
    [2, 3],
    [4, 5],
  ]);
  leaving.abort();
  expect(await reading).toBe('over');
  expect(logs.topics.size).toBe(0);
});

it('misses nothing that is written and told while it reads, at whatever moment', async () => {
  for (let moment = 0; moment < 10; moment += 1) {
    const { logs, leaving, pages } = followed({ from: 3 });
    await turns(moment);
    logs.add('s');
    logs.wake('s');
    await turns(20);
    leaving.abort();
    expect(pages, `after ${moment} turns`).toEqual([[4]]);
  }
});

it('reads nothing while nothing is told', async () => {
  const { logs, leaving } = followed();
  await turns(20);
  const { pages } = logs;
  await turns(50);
  expect(logs.pages).toBe(pages);
  leaving.abort();
});

it('comes back to its place when the database does', async () => {
  const { logs, leaving, pages } = followed({ from: 2 });
  logs.isAway = true;
  await turns(20);
  expect(pages).toEqual([]);
  logs.isAway = false;
  await expect.poll(() => pages, { timeout: 5000 }).toEqual([[3]]);
  leaving.abort();
});

it('ends at once when its reader leaves while the database is away', async () => {
  const { logs, leaving, pages, reading } = followed();
  logs.isAway = true;
  await turns(20);
  leaving.abort();
  expect(await reading).toBe('over');
  expect([pages, logs.topics.size]).toEqual([[], 0]);
});

it('fails where the history is another one, and listens no more', async () => {
  const { logs, leaving, reading, pages } = followed();
  await turns(20);
  logs.restore('s', 1);
  logs.add('s', 4, { history: 2 });
  logs.wake('s');
  await expect(reading).rejects.toMatchObject({ code: 'GONE' });
  expect([pages, logs.topics.size]).toEqual([[[1, 2, 3]], 0]);
  expect(getEventListeners(leaving.signal, 'abort')).toEqual([]);
});
