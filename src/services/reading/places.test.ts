import { type Sql, sql } from '../../shared/sql.ts';
import { expect, it } from 'vitest';
import type { Database } from '../../databases/database.ts';
import { decodeLogCursor, encodeLogCursor, type CursorSeal, type LogCursor } from '../../shared/cursor-codec.ts';
import { CursorKeys } from '../../shared/cursor-keys.ts';
import { audienceOf, viewerOf } from '../identity/viewer.ts';
import { logScope, Places } from './places.ts';
import type { Order, Source } from './source.ts';

const anna = viewerOf({ userId: 'anna', scopes: ['api:read'] });
const boris = viewerOf({ userId: 'boris', scopes: ['api:read'] });
const key = { id: 1_772_323_200, secret: Buffer.alloc(32, 1) };
const seal: CursorSeal = { keys: new CursorKeys(1, [key]), audience: audienceOf(anna) };
const epoch = 5;
const chain = Buffer.from('00112233445566778899', 'hex');

const order: Order = {
  keys: [
    { sql: 'x.at', type: 'timestamptz' },
    { sql: 'x.id', type: 'text' },
  ],
  descending: true,
};
const listed: Source = {
  name: 'things',
  database: 'auth',
  from: 'things AS x',
  key: 'x.id',
  columns: {},
  visible: () => sql`TRUE`,
  orders: { at: order },
  defaultOrder: 'at',
};
const logged: Source = {
  ...listed,
  name: 'messages',
  log: { table: 'log AS l', number: 'l.number', position: 'l.position', chain: 'l.chain', scope: 'l.session_id' },
};

/** A database whose log has one row: number 7 of the session s1. */
function database(): Database & { asked: Sql[] } {
  const asked: Sql[] = [];
  const query = (statement: Sql): Promise<object[]> => {
    if (statement.sql.includes('log_identity')) {
      return Promise.resolve([{ epoch, id: String(key.id), secret: key.secret }]);
    }
    asked.push(statement);
    if (!statement.sql.includes('"chain"')) return Promise.resolve([{ last: 7 }]);
    return Promise.resolve(statement.values[0] === 7 && statement.values[1] === 's1' ? [{ chain }] : []);
  };
  return { name: 'auth', query, asked } as unknown as Database & { asked: Sql[] };
}

const row = ['2026-01-01', 'x1'];
const loggedRow = ['7', chain, '99'];
const cursorOf = (places: Places, place: readonly unknown[]): string => places.cursorsOf([place])[0] as string;
const foreign = { code: 'BAD_USER_INPUT', details: { reason: 'CURSOR_INVALID' } };
const list = { source: listed, orderName: 'at', order, parentKey: null, viewer: anna };
const log = { ...list, source: logged, parentKey: 's1' };

it('a list without a log is placed by its order’s keys', async () => {
  const source = database();
  const places = await Places.of(source, list, []);
  expect(await places.placeOf(source, cursorOf(places, row))).toEqual(['2026-01-01', 'x1']);
  expect(await places.placeOf(source, null)).toBeNull();
  expect(places.startCursor()).toBeNull();
  expect(source.asked).toEqual([]);
});

it('its cursors hold for that list, that order and that viewer only', async () => {
  const source = database();
  const cursor = cursorOf(await Places.of(source, list, []), row);
  for (const other of [{ orderName: 'title' }, { source: { ...listed, name: 'other' } }, { viewer: boris }]) {
    const places = await Places.of(source, { ...list, ...other }, [cursor]);
    await expect(places.placeOf(source, cursor)).rejects.toMatchObject(foreign);
  }
  const underParent = await Places.of(source, { ...list, parentKey: 'parent' }, [cursor]);
  expect(await underParent.placeOf(source, cursor)).toEqual(['2026-01-01', 'x1']);
});

it('a log is placed by the number of its row, which must still be the same one', async () => {
  const source = database();
  const places = await Places.of(source, log, []);
  const cursor = cursorOf(places, loggedRow);
  expect(cursorOf(places, ['7', `\\x${chain.toString('hex')}`, '99'])).toBe(cursor);
  expect(decodeLogCursor(seal, logScope(logged, 's1'), cursorOf(places, ['7', chain]))).toMatchObject({ position: 7 });
  const fingerprint = chain.subarray(0, 8);
  expect(decodeLogCursor(seal, logScope(logged, 's1'), cursor)).toEqual({
    epoch,
    number: 7,
    position: 99,
    fingerprint,
  });
  expect(await places.placeOf(source, cursor)).toEqual(['7']);
  expect(source.asked.map(({ values }) => values)).toEqual([[7, 's1']]);
});

it.each<[string, Partial<LogCursor>]>([
  ['has another fingerprint', { fingerprint: Buffer.alloc(8) }],
  ['is not there', { number: 8 }],
  ['is of another epoch', { epoch: 4 }],
  ['is the start of another epoch', { epoch: 4, number: 0 }],
])('a row that %s is told, with where to read on', async (_, changed) => {
  const source = database();
  const places = await Places.of(source, log, []);
  const cursor = { epoch, number: 7, position: 99, fingerprint: chain, ...changed };
  const refused = places.placeOf(source, encodeLogCursor(seal, logScope(logged, 's1'), cursor));
  await expect(refused).rejects.toMatchObject({
    code: 'GONE',
    details: { reason: 'CURSOR_DIVERGED', resumeFrom: places.startCursor(), lastSequence: 7 },
  });
});

it('the place before the first row is there from the start, and needs no row', async () => {
  const source = database();
  const places = await Places.of(source, log, []);
  const start = places.startCursor() ?? '';
  expect(await places.placeOf(source, start)).toEqual(['0']);
  expect(source.asked).toEqual([]);
  const fingerprint = Buffer.alloc(8);
  expect(decodeLogCursor(seal, undefined, start)).toEqual({ epoch, number: 0, position: 0, fingerprint });
});

it('cursors of one session are none of another’s', async () => {
  const source = database();
  const cursor = cursorOf(await Places.of(source, log, []), loggedRow);
  const other = await Places.of(source, { ...log, parentKey: 's2' }, [cursor]);
  await expect(other.placeOf(source, cursor)).rejects.toMatchObject(foreign);
  expect([logScope(logged, 's1'), logScope(logged, null)]).toEqual(['messages s1', 'messages ']);
});
