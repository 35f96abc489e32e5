import { expect, test } from 'vitest';
import { ScrollbackError } from '../shared/errors.ts';
import { reasonOf, RoadProblem } from './reasons.ts';

const named = (name: string): Error => Object.assign(new Error('secret'), { name });
const coded = (code: unknown): Error => Object.assign(new Error('secret'), { code });
const unknown = 'it failed; the log says how';

test.each([
  ['our own words', new RoadProblem('the connection was closed'), 'the connection was closed'],
  ['a SQLSTATE', coded('53400'), 'all replication slots are in use'],
  ["Node's code", coded('ECONNREFUSED'), 'the server cannot be reached'],
  ['our own code', new ScrollbackError('UNAVAILABLE', 'secret'), 'the database does not answer'],
  ["the name of NATS' error", named('TimeoutError'), 'NATS does not answer in time'],
  [
    'a name where the code says nothing',
    Object.assign(named('NoResponders'), { code: 503 }),
    'the NATS server has no JetStream',
  ],
  ['a code that nobody knows', coded('XX000'), unknown],
  ['an error without a code', new Error('secret'), unknown],
  ['what is no error', 'secret', unknown],
  ['nothing', undefined, unknown],
])('of %s', (_what, error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});

test.each([
  '42501',
  '55000',
  '53300',
  '42710',
  '42704',
  '25006',
  '08P01',
  '28P01',
  '28000',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'JetStreamNotEnabled',
  'AuthorizationError',
  'ConnectionError',
])('there are words for %s', (code) => {
  expect(['', unknown]).not.toContain(reasonOf(coded(code)));
});
