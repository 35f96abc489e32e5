import { describe, expect, it } from 'vitest';
import { operationRequestOf, operationRequestOfSearch } from './operation-request.ts';

const refusal = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    const { code, message, details } = error as { code: string; message: string; details: unknown };
    return [code, message, details];
  }
};

describe('a request', () => {
  it('has everything that an operation may come with', () => {
    const whole = {
      query: '{ a }',
      operationName: 'one',
      variables: { n: 1 },
      extensions: { traced: true },
      documentId: 'abc',
    };
    expect(operationRequestOf({ ...whole, beyond: 'the protocol' })).toEqual(whole);
  });

  it.each([{}, { operationName: null, variables: null, extensions: null, documentId: null }, { operationName: '' }])(
    'is no more than its text with %o',
    (left) => {
      expect(operationRequestOf({ query: '{ a }', ...left })).toEqual({
        query: '{ a }',
        operationName: null,
        variables: {},
        extensions: {},
        documentId: null,
      });
    },
  );

  it.each([{ documentId: 'abc' }, { extensions: { persistedQuery: {} } }])('needs no text with %o', (given) => {
    expect(operationRequestOf({ ...given, query: '' })).toMatchObject({ query: null, ...given });
  });

  const shape = 'The body must be a JSON object with `query`, `variables` and `operationName`.';
  it.each([
    [null, shape],
    [undefined, shape],
    ['{ a }', shape],
    [{}, 'The request has no `query`.'],
    [{ query: null, documentId: '' }, 'The request has no `query`.'],
    [{ extensions: { persistedQuery: null } }, 'The request has no `query`.'],
    [{ query: 1 }, '`query` must be a string.'],
    [{ query: '{ a }', operationName: ['a'] }, '`operationName` must be a string.'],
    [{ query: '{ a }', documentId: 7 }, '`documentId` must be a string.'],
    [{ query: '{ a }', variables: 'n' }, '`variables` must be an object.'],
    [{ query: '{ a }', variables: [1] }, '`variables` must be an object.'],
    [{ query: '{ a }', extensions: 0 }, '`extensions` must be an object.'],
  ])('is not %o', (body, message) => {
    expect(refusal(() => operationRequestOf(body))).toEqual(['BAD_USER_INPUT', message, {}]);
  });

  it('is not several', () => {
    expect(refusal(() => operationRequestOf([{ query: '{ a }' }]))).toEqual([
      'BAD_USER_INPUT',
      'Send one operation per request; several root fields fit into one operation.',
      { reason: 'BATCHING_NOT_SUPPORTED' },
    ]);
  });
});

describe('a request in a URL', () => {
  const search = (parts: Record<string, string>): string => new URLSearchParams(parts).toString();

  it('has the same parts, of which objects are JSON', () => {
    const text = { query: '{ a }', operationName: 'one', documentId: 'abc' };
    expect(operationRequestOfSearch(search({ ...text, variables: '{"n":1}', extensions: '{"traced":true}' }))).toEqual({
      ...text,
      variables: { n: 1 },
      extensions: { traced: true },
    });
  });

  it.each(['query={a}', '?query={a}', 'query={a}&variables=&extensions=&operationName=&documentId='])(
    'may leave parts out: %s',
    (text) => {
      expect(operationRequestOfSearch(text)).toEqual({
        query: '{a}',
        operationName: null,
        variables: {},
        extensions: {},
        documentId: null,
      });
    },
  );

  it.each([
    ['', 'The request has no `query`.'],
    ['query={a}&query={b}', 'Send `query` only once.'],
    ['query={a}&operationName=a&operationName=a', 'Send `operationName` only once.'],
    ['documentId=a&documentId=a', 'Send `documentId` only once.'],
    ['query={a}&variables={}&variables={}', 'Send `variables` only once.'],
    ['query={a}&extensions={}&extensions={}', 'Send `extensions` only once.'],
    ['query={a}&variables={', '`variables` is not valid JSON.'],
    ['query={a}&extensions=a', '`extensions` is not valid JSON.'],
    ['query={a}&variables=[1]', '`variables` must be an object.'],
  ])('is refused: %s', (text, message) => {
    expect(refusal(() => operationRequestOfSearch(text))).toEqual(['BAD_USER_INPUT', message, {}]);
  });
});
