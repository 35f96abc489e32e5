import { expect, it } from 'vitest';
import { CollectingOutlet } from '../../tests/support/collecting-outlet.ts';
import { MemoryLogs } from '../../tests/support/memory-logs.ts';
import { turns } from '../../tests/support/turns.ts';
import { Shares, type FollowOptions } from './shares.ts';

/** A log with one event, followed from its beginning. */
function follow(options: Partial<FollowOptions> = {}, { room = Number.POSITIVE_INFINITY } = {}) {
  const logs = new MemoryLogs();
  logs.add('s');
  const outlet = new CollectingOutlet();
  outlet.makeRoom(room);
  const reasons: unknown[] = [];
  const leave = new Shares().follow({
    key: null,
    log: logs.live.session('s'),
    from: logs.placeAt('s', 0),
    first: [],
    write: async (events) => Promise.resolve({ texts: events.map(({ subjectId }) => subjectId) }),
    outlet,
    ended: (reason) => reasons.push(reason),
    ...options,
  });
  const news = async (count = 1): Promise<void> => {
    logs.add('s', count);
    logs.wake('s');
    await turns(20);
  };
  return { logs, outlet, reasons, leave, news };
}

const said = (text: string) => async (): Promise<string> => {
  await turns(2);
  return text;
};
const broken = new Error('broken');
const fails = (): Promise<never> => Promise.reject(broken);

it('says first what is to be said first, and then what is in the log', async () => {
  const { outlet, news } = follow({ first: [said('a'), said('b')] });
  await turns(30);
  await news();
  expect(outlet.texts).toEqual(['a', 'b', 's-1', 's-2']);
});

it('waits for room with what is to be said first, too', async () => {
  const { outlet } = follow({ first: [said('a'), said('b')] }, { room: 1 });
  await turns(30);
  expect([outlet.texts, outlet.waiting]).toEqual([['a'], 1]);
  outlet.makeRoom(100);
  await turns(30);
  expect(outlet.texts).toEqual(['a', 'b', 's-1']);
});

it('ends where what is to be said first cannot be said', async () => {
  const { logs, outlet, reasons } = follow({ first: [said('a'), fails, said('b')] });
  await turns(30);
  expect([outlet.texts, reasons, logs.topics.size]).toEqual([['a'], [broken], 0]);
});

it('ends with the reason for which its events cannot be written', async () => {
  const { logs, outlet, reasons } = follow({ write: fails });
  await turns(30);
  expect([outlet.texts, reasons, logs.topics.size]).toEqual([[], [broken], 0]);
});

it('passes over what is nothing to it', async () => {
  const { outlet, news } = follow({
    write: (events) =>
      Promise.resolve({ texts: events.map(({ number, subjectId }) => (number % 2 === 0 ? subjectId : null)) }),
  });
  await turns(20);
  await news(4);
  expect(outlet.texts).toEqual(['s-2', 's-4']);
});

it.each([
  ['at once', Number.POSITIVE_INFINITY],
  ['when there is room for it', 1],
])('gives what comes before the end, %s, and then ends', async (_when, room) => {
  const { logs, outlet, reasons, news } = follow(
    { write: () => Promise.resolve({ texts: ['last', 'words'], end: 'over' }) },
    { room },
  );
  logs.add('s');
  await turns(20);
  outlet.makeRoom(100);
  await turns(20);
  await news();
  expect([outlet.texts, reasons, logs.topics.size]).toEqual([['last', 'words'], ['over'], 0]);
});

it.each([
  ['something is said first', { first: [said('a')] }],
  ['saying it fails', { first: [() => turns(2).then(fails)] }],
  ['its page is read', {}],
  ['its page is written', { write: () => turns(5).then(() => ({ texts: ['late'] })) }],
  ['writing it fails', { write: () => turns(5).then(fails) }],
])('is given nothing more, and no reason, once it has left while %s', async (_when, options) => {
  for (const moment of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const { outlet, reasons, leave, news } = follow(options);
    await turns(moment);
    const before = [[...outlet.texts], [...reasons]];
    leave();
    await news();
    expect([outlet.texts, reasons], `after ${moment} turns`).toEqual(before);
  }
});

it('counts as one who has left, however often it says so', async () => {
  const [logs, shares] = [new MemoryLogs(), new Shares()];
  const outlets = [new CollectingOutlet(), new CollectingOutlet()];
  const leave = outlets.map((outlet) =>
    shares.follow({
      key: 'together',
      log: logs.live.session('s'),
      from: logs.placeAt('s', 0),
      first: [],
      write: (events) => Promise.resolve({ texts: events.map(({ subjectId }) => subjectId) }),
      outlet,
      ended: () => undefined,
    }),
  );
  await turns(20);
  leave[0]?.();
  leave[0]?.();
  logs.add('s');
  logs.wake('s');
  await turns(20);
  expect(outlets.map(({ texts }) => texts)).toEqual([[], ['s-1']]);
});
