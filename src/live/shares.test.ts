import { expect, it } from 'vitest';
import { CollectingOutlet } from '../../tests/support/collecting-outlet.ts';
import { MemoryLogs } from '../../tests/support/memory-logs.ts';
import { turns } from '../../tests/support/turns.ts';
import { Shares } from './shares.ts';

/** Followers of one log by their keys, and how often its events were written for them. */
function crowd() {
  const [logs, shares] = [new MemoryLogs(), new Shares()];
  const outlets: CollectingOutlet[] = [];
  let written = 0;
  const follow = (key: string | null): (() => void) => {
    const outlet = new CollectingOutlet();
    outlets.push(outlet);
    return shares.follow({
      key,
      log: logs.live.session('s'),
      from: logs.placeAt('s', logs.texts('s').length),
      first: [],
      write: (events) => {
        written += events.length;
        return Promise.resolve({ texts: events.map(({ subjectId }) => subjectId) });
      },
      outlet,
      ended: () => undefined,
    });
  };
  const news = async (): Promise<{ written: number; texts: string[][] }> => {
    await turns(20);
    written = 0;
    logs.add('s');
    logs.wake('s');
    await turns(20);
    return { written, texts: outlets.map(({ texts }) => texts) };
  };
  return { follow, news, logs };
}

it('what is new is written once for all of one key, and for each who may not share', async () => {
  const { follow, news } = crowd();
  for (const key of ['a', 'a', 'a', 'b', null, null]) follow(key);
  expect(await news()).toEqual({ written: 4, texts: Array.from({ length: 6 }, () => ['s-1']) });
});

it('whoever comes after the last of a key has left begins anew', async () => {
  const { follow, news, logs } = crowd();
  follow('a')();
  expect(logs.topics.size).toBe(0);
  follow('a');
  expect(await news()).toEqual({ written: 1, texts: [[], ['s-1']] });
});

it('leaving twice parts nobody who came since', async () => {
  const { follow, news } = crowd();
  const leave = follow('a');
  leave();
  follow('a');
  leave();
  follow('a');
  expect(await news()).toEqual({ written: 1, texts: [[], ['s-1'], ['s-1']] });
});

it('one who may not share leaves others what they share', async () => {
  const { follow, news, logs } = crowd();
  follow('a');
  follow(null)();
  follow('a');
  expect(await news()).toMatchObject({ written: 1 });
  expect(logs.topics.size).toBe(1);
});
