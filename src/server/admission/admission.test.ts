import { createHash } from 'node:crypto';
import { buildSchema } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { limitsOf } from '../../config/limits.ts';
import { settingsSchema } from '../../config/settings.ts';
import { viewerOf } from '../../services/identity/viewer.ts';
import { silentLog } from '../../shared/log.ts';
import { Admission } from './admission.ts';
import type { Caller } from './caller.ts';
import { Documents } from './documents.ts';
import { operationRequestOf } from './operation-request.ts';
import { Overload } from './overload.ts';
import { PersistedDocuments } from './persisted-documents.ts';
import { RateLimiter } from './rate-limits.ts';
import { Refused } from './refused.ts';

const schema = buildSchema(`
  type Query { a: Int, items(first: Int): ItemConnection! }
  type Item { items(first: Int): ItemConnection! }
  type ItemConnection { nodes: [Item!]!, pageInfo: Int }
`);

/** Lets everything through and keeps what it was asked for. */
class Counting extends RateLimiter {
  taken: unknown[] = [];

  override take(...asked: Parameters<RateLimiter['take']>): Promise<void> {
    this.taken.push(asked);
    return Promise.resolve();
  }
}

let overload: Overload;
afterEach(() => overload.stop());

function gateway(settings: Record<string, string> = {}) {
  const limits = limitsOf(settingsSchema.parse({ OVERLOAD_LAG_MS: '0', OVERLOAD_WAITING_READS: '1', ...settings }));
  const rates = new Counting(limits.rate, silentLog());
  const load = { waiting: 0 };
  overload = new Overload(limits.overload, { waitingReads: () => load.waiting });
  const admission = new Admission({
    limits,
    documents: new Documents({ schema, limits: limits.document, introspection: true }),
    persisted: new PersistedDocuments({
      registered: { textOf: () => Promise.resolve(undefined) },
      automatic: true,
      registeredOnly: false,
      cacheBytes: 1_000_000,
    }),
    rates,
    overload,
  });
  /** What was taken since the last time that somebody asked. */
  const taken = (): unknown[] => rates.taken.splice(0);
  return { admission, taken, load };
}

const address = '10.0.0.1';
const anna: Caller = { viewer: viewerOf({ userId: 'anna', tenantId: 'acme', scopes: [] }), address };
const stranger: Caller = { viewer: null, address };
const service: Caller = { viewer: viewerOf({ userId: null, scopes: [] }), address };

const ofAnna = (count: number): unknown[] => [
  ['user', 'user acme anna', count],
  ['tenant', 'tenant acme', count],
];
const ofAddress = (count: number): unknown[] => [['address', address, count]];

describe('whoever comes', () => {
  it('is counted by address', async () => {
    const { admission, taken } = gateway();
    await admission.enter(address);
    expect(taken()).toEqual(ofAddress(1));
  });

  it('is sent away uncounted while there is too much to do', async () => {
    const { admission, taken, load } = gateway();
    load.waiting = 2;
    await expect(admission.enter(address)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(taken()).toEqual([]);
  });
});

describe('a request', () => {
  it.each([
    ['of a user counts once', anna, 0, ofAnna(1)],
    ['just below the size that counts again counts once', anna, 24_999, ofAnna(1)],
    ['of that size counts twice', anna, 25_000, ofAnna(2)],
    ['of a megabyte counts forty times more', anna, 1_000_000, ofAnna(41)],
    ['of a stranger was counted when it came', stranger, 24_999, []],
    ['of a stranger counts for its size', stranger, 50_000, ofAddress(2)],
    ['of an internal service does not count', service, 1_000_000, []],
  ])('%s', async (_what, caller, bytes, expected) => {
    const { admission, taken } = gateway();
    await admission.charge(caller, bytes);
    expect(taken()).toEqual(expected);
  });

  it('whose length was not known counts in the end as if it had been', async () => {
    const { admission, taken } = gateway();
    await admission.chargeMore(anna, 0, 24_999);
    await admission.chargeMore(anna, 24_999, 25_000);
    await admission.chargeMore(anna, 25_000, 49_999);
    await admission.chargeMore(anna, 49_999, 100_000);
    expect(taken()).toEqual([...ofAnna(1), ...ofAnna(3)]);
  });
});

describe('an operation', () => {
  const request = (query: string | null, more: object = {}) => operationRequestOf({ query, ...more });
  const withHash = (text: string): object => ({
    extensions: { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(text).digest('hex') } },
  });
  const pages = (outer: number, inner: number): string =>
    `{ items(first: ${outer}) { nodes { items(first: ${inner}) { nodes { __typename } } } } }`;

  it('goes on with what is needed to run it', async () => {
    const { admission, taken } = gateway();
    const text = 'query one($n: Int) { items(first: $n) { nodes { __typename } } } query two { a }';
    const admitted = await admission.admit(request(text, { operationName: 'one', variables: { n: 4 } }), anna);
    expect(admitted).toMatchObject({
      operationName: 'one',
      variables: { n: 4 },
      cost: { requested: 5, maximum: 100_000 },
    });
    expect(admitted.definition).toBe(admitted.document.definitions[0]);
    expect(taken()).toEqual([]);
  });

  it('runs until it is released', async () => {
    const { admission } = gateway();
    const [one, other] = [
      await admission.admit(request('{ a }'), anna),
      await admission.admit(request('{ a }'), stranger),
    ];
    expect(admission.running).toBe(2);
    one.release();
    expect(admission.running).toBe(1);
    other.release();
    expect(admission.running).toBe(0);
  });

  it('is one of so many that its user may have at the same time', async () => {
    const { admission } = gateway({ MAX_OPERATIONS_PER_USER: '1' });
    await admission.admit(request('{ a }'), anna);
    await expect(admission.admit(request('{ a }'), anna)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: 'There are at most 1 operations at the same time for each user; close some, or try later.',
      details: { limit: 'MAX_OPERATIONS_PER_USER' },
    });
    await admission.admit(request('{ a }'), stranger);
    expect(admission.running).toBe(2);
  });

  it('counts for the length of its document, and only while that is not known', async () => {
    const { admission, taken } = gateway();
    const long = (length: number): string => '{ a }'.padEnd(length);
    await admission.admit(request(long(1_999)), anna);
    expect(taken()).toEqual([]);
    await admission.admit(request(long(2_000)), anna);
    await admission.admit(request(long(4_000)), stranger);
    expect(taken()).toEqual([...ofAnna(1), ...ofAddress(2)]);
    await admission.admit(request(long(4_000)), anna);
    expect(taken()).toEqual([]);
  });

  it('counts for a document that is refused too', async () => {
    const { admission, taken } = gateway();
    await expect(admission.admit(request('{ nobody }'.padEnd(2_000)), anna)).rejects.toThrow(Refused);
    expect(taken()).toEqual(ofAnna(1));
    expect(admission.running).toBe(0);
  });

  it.each([
    [1000, pages(27, 35), []],
    [1001, pages(10, 98), ofAnna(1)],
    [3001, pages(30, 98), ofAnna(3)],
  ])('that costs %i counts for it', async (requested, text, expected) => {
    const { admission, taken } = gateway();
    expect((await admission.admit(request(text), anna)).cost.requested).toBe(requested);
    expect(taken()).toEqual(expected);
  });

  it('may cost so much and no more', async () => {
    const { admission, taken } = gateway({ MAX_COST: '1001' });
    await admission.admit(request(pages(10, 98)), service);
    await expect(admission.admit(request(pages(10, 99)), anna)).rejects.toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      message:
        'The operation could bring forth 1011 objects, and at most 1001 are allowed; ask for smaller pages (`first`) or for fewer lists within lists.',
      details: { limit: 'MAX_COST', maximum: 1001 },
    });
    expect(admission.running).toBe(1);
    expect(taken()).toEqual([]);
  });

  it('may leave its document here, if that is in order', async () => {
    const { admission } = gateway();
    const left = await admission.admit(request('{ a }', withHash('{ a }')), anna);
    const found = await admission.admit(request(null, withHash('{ a }')), stranger);
    expect(found.document).toBe(left.document);
    await expect(admission.admit(request('{ nobody }', withHash('{ nobody }')), anna)).rejects.toThrow(Refused);
    await expect(admission.admit(request(null, withHash('{ nobody }')), anna)).rejects.toMatchObject({
      code: 'PERSISTED_QUERY_NOT_FOUND',
    });
  });
});
