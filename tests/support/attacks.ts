import { createHash } from 'node:crypto';
import type { Attempt, Outcome } from './transports.ts';

/** Which gateway is attacked: one with the limits of production, one for registered documents, one with a low rate. */
export type Target = 'usual' | 'trusted' | 'rated';

export interface Attack {
  readonly name: string;
  /** The same on all transports; where a protocol ends such a thing in its own way, that. */
  readonly expected: Outcome | { readonly HTTP: Outcome; readonly WebSocket: Outcome; readonly events: Outcome };
  readonly attempt: (tokens: Tokens) => Attempt;
  readonly target?: Target;
  /** How often before it is looked at. */
  readonly times?: number;
}

/** `Authorization` of various worth. */
export interface Tokens {
  readonly valid: string;
  readonly expired: string;
  readonly unsigned: string;
  readonly foreign: string;
}

const repeat = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ');
const nested = (depth: number): string =>
  repeat(depth, () => 'session { lastMessage {') + ' id ' + repeat(depth, () => '} }');
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const asUser =
  (payload: unknown): Attack['attempt'] =>
  ({ valid }) => ({ headers: { authorization: valid }, payload });
const query = (text: string, variables: Record<string, unknown> = {}): Attack['attempt'] =>
  asUser({ query: text, variables });
const withBytes =
  (bytes: Buffer): Attack['attempt'] =>
  ({ valid }) => ({ headers: { authorization: valid }, payload: null, bytes });

/** graphql-transport-ws wants 4400 for a message that is none. */
const malformed = { HTTP: 'BAD_USER_INPUT', WebSocket: '4400', events: 'BAD_USER_INPUT' };
/** A page that may not connect is refused with a status by HTTP and at the upgrade. */
const forbidden = { HTTP: 'FORBIDDEN', WebSocket: '403', events: 'FORBIDDEN' };
const harmless = '{ viewer { tenantId } }';

export const attacks: readonly Attack[] = [
  {
    name: 'more than 5,000 tokens',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(`{ ${repeat(5000, () => '__typename')} }`),
  },
  { name: '21 levels', expected: 'QUERY_TOO_COMPLEX', attempt: query(`{ message(id: "x") { ${nested(10)} } }`) },
  { name: '1,500 levels', expected: 'QUERY_TOO_COMPLEX', attempt: query(`${'{a'.repeat(1500)}${'}'.repeat(1500)}`) },
  {
    name: '2,001 fields',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(`{ viewer { ${repeat(2001, () => 'tenantId')} } }`),
  },
  {
    name: '200 aliases',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(`{ viewer { ${repeat(200, (n) => `a${n}: tenantId`)} } }`),
  },
  {
    name: '21 root fields',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(`{ ${repeat(21, (n) => `a${n}: viewer { tenantId }`)} }`),
  },
  {
    name: '51 repeated fields',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(`{ viewer { ${repeat(52, () => 'tenantId')} } }`),
  },
  {
    name: '51 directives',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(`{ viewer { tenantId ${repeat(51, () => '@skip(if: false)')} } }`),
  },
  {
    name: '101 fragments',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(`{ ...f0 } ${repeat(101, (n) => `fragment f${n} on Query { viewer { tenantId } }`)}`),
  },
  {
    name: 'fragments that double 99 times',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(
      `{ ...f0 } ${repeat(99, (n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`)} fragment f99 on Query { viewer { tenantId } }`,
    ),
  },
  {
    name: 'fragments in a circle',
    expected: 'BAD_USER_INPUT',
    attempt: query('{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'),
  },
  {
    name: 'fragments that double 99 times, in a circle',
    expected: 'BAD_USER_INPUT',
    attempt: query(
      `{ ...f0 } ${repeat(99, (n) => `fragment f${n} on Query { ...f${n + 1} ... { ...f${n + 1} } }`)} fragment f99 on Query { ...f0 }`,
    ),
  },
  {
    name: 'lists within lists',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query('{ sessions(first: 200) { nodes { messages(first: 200) { nodes { toolCalls { id } } } } } }'),
  },
  {
    name: 'lists within lists, ids by default',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(
      `query ($ids: [ID!]! = [${repeat(100, (n) => `"${n}"`)}]) { nodes(ids: $ids) { ... on Session { messages(first: 200) { nodes { toolCalls { id } } } } } }`,
    ),
  },
  {
    name: 'lists within lists, sizes in variables',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query(
      'query ($n: Int) { sessions(first: $n) { nodes { messages(first: $n) { nodes { toolCalls { id } } } } } }',
      { n: 200 },
    ),
  },
  {
    name: 'lists within lists, sizes by default',
    expected: 'QUERY_TOO_COMPLEX',
    attempt: query('{ sessions { nodes { messages { nodes { session { messages { nodes { id } } } } } } } }'),
  },
  {
    name: 'a page of 100,000',
    expected: 'BAD_USER_INPUT',
    attempt: query('{ sessions(first: 100000) { totalCount } }'),
  },
  { name: 'a page of -1', expected: 'BAD_USER_INPUT', attempt: query('{ sessions(first: -1) { totalCount } }') },
  {
    name: 'introspection of the schema',
    expected: 'BAD_USER_INPUT',
    attempt: query('{ __schema { types { name } } }'),
  },
  { name: 'introspection of a type', expected: 'BAD_USER_INPUT', attempt: query('{ __type(name: "User") { name } }') },
  {
    name: 'a column that is no field',
    expected: 'BAD_USER_INPUT',
    attempt: query('{ user(id: "anna") { passwordHash } }'),
  },
  { name: 'no GraphQL', expected: 'BAD_USER_INPUT', attempt: query('{ viewer(') },
  { name: 'no document', expected: 'BAD_USER_INPUT', attempt: query('') },
  {
    name: 'several operations, none named',
    expected: 'BAD_USER_INPUT',
    attempt: query('query A { viewer { tenantId } } query B { viewer { tenantId } }'),
  },
  {
    name: 'the name of no operation',
    expected: 'BAD_USER_INPUT',
    attempt: asUser({ query: harmless, operationName: '__proto__' }),
  },
  { name: 'a batch', expected: malformed, attempt: asUser([{ query: harmless }, { query: harmless }]) },
  { name: 'a number for a document', expected: malformed, attempt: asUser({ query: 7 }) },
  { name: 'a list for variables', expected: malformed, attempt: asUser({ query: harmless, variables: [1] }) },
  { name: 'a text for extensions', expected: malformed, attempt: asUser({ query: harmless, extensions: 'x' }) },
  { name: 'a number for operationName', expected: malformed, attempt: asUser({ query: harmless, operationName: 1 }) },
  { name: 'no JSON', expected: malformed, attempt: withBytes(Buffer.from('{"query":')) },
  {
    name: 'bytes that are no UTF-8',
    expected: { ...malformed, WebSocket: '1007' },
    attempt: withBytes(Buffer.from([0x22, 0xc3, 0x28, 0x22])),
  },
  {
    name: 'a message of 2 MB',
    expected: { ...malformed, WebSocket: '1009' },
    attempt: query(`# ${'x'.repeat(2_000_000)}\n${harmless}`),
  },
  {
    name: 'JSON nested 100,000 deep',
    expected: 'BAD_USER_INPUT',
    attempt: withBytes(
      Buffer.from(
        `{"query":"query ($id: ID!) { session(id: $id) { id } }","variables":{"id":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      ),
    ),
  },
  {
    name: 'variables called __proto__',
    expected: 'BAD_USER_INPUT',
    attempt: withBytes(
      Buffer.from(
        '{"query":"query ($id: ID!) { session(id: $id) { id } }","variables":{"__proto__":{"id":"trip-anna"}}}',
      ),
    ),
  },
  { name: 'an id with a NUL', expected: 'ok', attempt: query('{ session(id: "trip\\u0000anna") { id } }') },
  { name: 'SQL in an id', expected: 'ok', attempt: query(`{ session(id: "' OR 1=1 --") { id } }`) },
  {
    name: 'a cursor that was made up',
    expected: 'BAD_USER_INPUT',
    attempt: query('{ sessions(after: "AQEAAAAA") { totalCount } }'),
  },
  {
    name: 'a hash that nobody left',
    expected: 'PERSISTED_QUERY_NOT_FOUND',
    attempt: asUser({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }),
  },
  {
    name: 'a hash of another document',
    expected: 'BAD_USER_INPUT',
    attempt: asUser({ query: harmless, extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }),
  },
  {
    name: 'a hash of another protocol',
    expected: 'BAD_USER_INPUT',
    attempt: asUser({ query: harmless, extensions: { persistedQuery: { version: 2, sha256Hash: hashOf(harmless) } } }),
  },
  {
    name: 'the id of no document',
    expected: 'PERSISTED_QUERY_NOT_FOUND',
    attempt: asUser({ documentId: '../../etc/passwd' }),
  },
  {
    name: 'a document that is not registered, where it must be',
    target: 'trusted',
    expected: 'FORBIDDEN',
    attempt: query(harmless),
  },
  {
    name: 'a hash that is not registered, where it must be',
    target: 'trusted',
    expected: 'PERSISTED_QUERY_NOT_FOUND',
    attempt: asUser({ extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(harmless) } } }),
  },
  {
    name: 'more operations than the rate allows',
    target: 'rated',
    times: 20,
    expected: 'RATE_LIMITED',
    attempt: query(harmless),
  },
  {
    name: 'costly operations beyond the rate',
    target: 'rated',
    times: 4,
    expected: 'RATE_LIMITED',
    attempt: query('{ sessions(first: 200) { nodes { messages(first: 200) { nodes { id } } } } }'),
  },
  {
    name: 'more bytes than the rate allows',
    target: 'rated',
    expected: 'RATE_LIMITED',
    attempt: query(harmless, { unused: 'x'.repeat(900_000) }),
  },
  { name: 'no token', expected: 'UNAUTHENTICATED', attempt: () => ({ payload: { query: harmless } }) },
  {
    name: 'a token that is none',
    expected: 'UNAUTHENTICATED',
    attempt: () => ({ headers: { authorization: 'Bearer x.y.z' }, payload: { query: harmless } }),
  },
  {
    name: 'another scheme',
    expected: 'UNAUTHENTICATED',
    attempt: () => ({ headers: { authorization: 'Basic YTpi' }, payload: { query: harmless } }),
  },
  {
    name: 'an unsigned token',
    expected: 'UNAUTHENTICATED',
    attempt: ({ unsigned }) => ({ headers: { authorization: unsigned }, payload: { query: harmless } }),
  },
  {
    name: 'an expired token',
    expected: { HTTP: 'UNAUTHENTICATED', WebSocket: 'UNAUTHENTICATED', events: 'UNAUTHENTICATED' },
    attempt: ({ expired }) => ({ headers: { authorization: expired }, payload: { query: harmless } }),
  },
  {
    name: "somebody else's signature",
    expected: 'UNAUTHENTICATED',
    attempt: ({ foreign }) => ({ headers: { authorization: foreign }, payload: { query: harmless } }),
  },
  {
    name: 'a token as a cookie',
    expected: 'UNAUTHENTICATED',
    attempt: ({ valid }) => ({
      headers: { cookie: `authorization=${valid}; token=${valid}` },
      payload: { query: harmless },
    }),
  },
  {
    name: 'a token and a key at once',
    expected: 'UNAUTHENTICATED',
    attempt: ({ valid }) => ({
      headers: { authorization: valid, 'x-internal-auth': 'guessed-internal-key' },
      payload: { query: harmless },
    }),
  },
  {
    name: 'a key that was guessed',
    expected: 'UNAUTHENTICATED',
    attempt: () => ({ headers: { 'x-internal-auth': 'guessed-internal-key' }, payload: { query: harmless } }),
  },
  {
    name: 'a page of a foreign origin',
    expected: forbidden,
    attempt: ({ valid }) => ({
      headers: { authorization: valid, origin: 'https://evil.example' },
      payload: { query: harmless },
    }),
  },
  {
    name: 'a page without an origin of its own',
    expected: forbidden,
    attempt: ({ valid }) => ({ headers: { authorization: valid, origin: 'null' }, payload: { query: harmless } }),
  },
];
