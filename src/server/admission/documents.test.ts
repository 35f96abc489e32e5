import { buildSchema, type GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { DocumentLimits } from '../../config/limits.ts';
import type { ScrollbackError } from '../../shared/errors.ts';
import { Documents, operationOf, type DocumentOptions } from './documents.ts';
import { Refused } from './refused.ts';

const schema = buildSchema(
  'type Query { user: User, users: [User!]! } type User { name: String } type Subscription { user: User }',
);

const limits: DocumentLimits = {
  tokens: 1000,
  depth: 10,
  fields: 100,
  rootFields: 100,
  aliases: 100,
  directives: 100,
  duplicateFields: 100,
  fragments: 100,
  cost: 1000,
  cacheBytes: 1_000_000,
};

const documents = (options: Partial<DocumentOptions> = {}): Documents =>
  new Documents({ schema, limits, introspection: true, ...options });

function refusal(act: () => unknown): readonly (GraphQLError | ScrollbackError)[] {
  try {
    act();
  } catch (error) {
    if (error instanceof Refused) return error.errors;
    throw error;
  }
  throw new Error('It was not refused.');
}

const messages = (act: () => unknown): string[] => refusal(act).map(({ message }) => message);

describe('a document that is in order', () => {
  it('is read with its operations and what they cost', () => {
    const text = 'query one { user { name } } fragment named on User { name } query two { users { ...named } }';
    const read = documents().read(text);
    expect(read.document.definitions).toHaveLength(3);
    expect(read.operations.map(({ definition, cost }) => [definition.name?.value, cost])).toEqual([
      ['one', 1],
      ['two', 10],
    ]);
  });

  it('is known from then on', () => {
    const all = documents();
    expect(all.knows('{ user { name } }')).toBe(false);
    const read = all.read('{ user { name } }');
    expect(all.knows('{ user { name } }')).toBe(true);
    expect(all.read('{ user { name } }')).toBe(read);
    expect(all.knows('{ user { __typename } }')).toBe(false);
  });

  it('is kept as long as there is room for its fields, tokens and characters', () => {
    const text = '{ user { name } }';
    // Two fields; six tokens that are written, the start and the end; newcomers have a quarter of the room.
    const bytes = 4 * (2 * 3600 + 8 * 300 + 2 * text.length);
    for (const [cacheBytes, isKept] of [
      [bytes, true],
      [bytes - 1, false],
    ] as const) {
      const all = documents({ limits: { ...limits, cacheBytes } });
      all.read(text);
      expect(all.knows(text)).toBe(isKept);
    }
  });
});

describe('a document that is not in order', () => {
  it('is not known, however often it comes', () => {
    const all = documents();
    for (const _ of [1, 2]) expect(messages(() => all.read('{ nobody }'))).toHaveLength(1);
    expect(all.knows('{ nobody }')).toBe(false);
  });

  it('says where it cannot be parsed', () => {
    const [error] = refusal(() => documents().read('{ user { name }'));
    expect(error?.message).toBe('Syntax Error: Expected Name, found <EOF>.');
    expect((error as GraphQLError).locations).toEqual([{ line: 1, column: 16 }]);
  });

  it('may be too long to be parsed', () => {
    const within = documents({ limits: { ...limits, tokens: 6 } });
    expect(within.read('{ user { name } }').operations).toHaveLength(1);
    expect(refusal(() => within.read('{ user { name name } }'))).toMatchObject([
      {
        code: 'QUERY_TOO_COMPLEX',
        message: 'A document has at most 6 tokens.',
        details: { limit: 'MAX_TOKENS', maximum: 6 },
      },
    ]);
  });

  it('is measured before it is validated', () => {
    const shallow = documents({ limits: { ...limits, depth: 1 } });
    expect(refusal(() => shallow.read('{ nobody { name } }'))).toMatchObject([{ details: { limit: 'MAX_DEPTH' } }]);
  });

  it('subscribes to nothing', () => {
    expect(messages(() => documents().read('subscription { user @include(if: false) { name } }'))).toEqual([
      "A subscription's field takes no @include; subscribe, or do not.",
    ]);
  });

  it('says no more than five of the things that are wrong with it', () => {
    const text = `{ ${Array.from({ length: 10 }, (_, index) => `field${index}`).join(' ')} }`;
    expect(messages(() => documents().read(text))).toEqual([
      ...Array.from({ length: 5 }, (_, index) => `Cannot query field "field${index}" on type "Query".`),
      'Too many validation errors, error limit reached. Validation aborted.',
    ]);
  });
});

describe('a schema', () => {
  const mistyped = '{ usr { name } }';

  it('may be asked for, and guessed at', () => {
    expect(documents().read('{ __schema { types { name } } }').operations).toHaveLength(1);
    expect(messages(() => documents().read(mistyped))).toEqual([
      'Cannot query field "usr" on type "Query". Did you mean "user" or "users"?',
    ]);
  });

  it('may be neither where there is no introspection', () => {
    const closed = documents({ introspection: false });
    expect(messages(() => closed.read('{ __schema { types { name } } }'))[0]).toContain('introspection');
    const [error] = refusal(() => closed.read(mistyped));
    expect(error?.message).toBe('Cannot query field "usr" on type "Query".');
    expect((error as GraphQLError).locations).toEqual([{ line: 1, column: 3 }]);
    expect(closed.read('{ user { __typename } }').operations).toHaveLength(1);
  });
});

describe('the operation that is meant', () => {
  const named = (text: string, name: string | null): string | undefined =>
    operationOf(documents().read(text), name).definition.name?.value;
  const two = 'query one { user { name } } query two { user { name } }';

  it('is the only one, or the one of the name', () => {
    expect(named('{ user { name } }', null)).toBeUndefined();
    expect(named('query one { user { name } }', null)).toBe('one');
    expect(named(two, 'one')).toBe('one');
    expect(named(two, 'two')).toBe('two');
  });

  it.each([
    [two, null, 'The document has several operations; name one in `operationName`.'],
    [two, 'three', 'There is no such operation.'],
    ['{ user { name } }', 'one', 'There is no such operation.'],
  ])('is none of %s by the name %s', (text, name, message) => {
    expect(refusal(() => named(text, name))).toMatchObject([
      { code: 'BAD_USER_INPUT', message, details: { argument: 'operationName' } },
    ]);
  });
});
