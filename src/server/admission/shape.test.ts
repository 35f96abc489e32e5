import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { DocumentLimits } from '../../config/limits.ts';
import { shapeProblem } from './shape.ts';

const generous: DocumentLimits = {
  tokens: 1e6,
  depth: 1e6,
  fields: 1e6,
  rootFields: 1e6,
  aliases: 1e6,
  directives: 1e6,
  duplicateFields: 1e6,
  fragments: 1e6,
  cost: 1e6,
  cacheBytes: 1e6,
};

const problemOf = (text: string, limits: Partial<DocumentLimits>) =>
  shapeProblem(parse(text), { ...generous, ...limits });

type Counted = 'depth' | 'fields' | 'rootFields' | 'aliases' | 'directives' | 'duplicateFields' | 'fragments';

/** How many there are: the lowest limit that the document is within. */
function countOf(text: string, counted: Counted): number {
  let limit = 1;
  while (problemOf(text, { [counted]: limit }) !== null) limit += 1;
  return limit;
}

it.each([
  ['depth', '{ a }', 'levels of fields within fields; ask for less depth', '{ a { b } }'],
  ['fields', '{ a }', 'fields; ask for fewer fields', '{ a b }'],
  ['aliases', '{ a: b }', 'aliases; send several operations', '{ a: b c: d }'],
  ['directives', '{ a @x }', 'directives; leave some out', '{ a @x @y }'],
  ['duplicateFields', '{ a a }', 'repeated fields; name each once', '{ a a a }'],
] as const)('too many %s are refused, with the setting and what to do about it', (counted, within, what, beyond) => {
  expect(problemOf(within, { [counted]: 1 })).toBeNull();
  expect(problemOf(beyond, { [counted]: 1 })).toMatchObject({
    code: 'QUERY_TOO_COMPLEX',
    message: `An operation has at most 1 ${what}.`,
    details: { limit: `MAX_${counted.replace(/[A-Z]/, (letter) => `_${letter}`).toUpperCase()}`, maximum: 1 },
  });
});

it('too many fragments are refused, used or not', () => {
  expect(problemOf('{ a } fragment one on T { b }', { fragments: 1 })).toBeNull();
  expect(problemOf('{ a } fragment one on T { b } fragment two on T { c }', { fragments: 1 })).toMatchObject({
    code: 'QUERY_TOO_COMPLEX',
    message: 'A document has at most 1 fragments.',
    details: { limit: 'MAX_FRAGMENTS', maximum: 1 },
  });
});

it('too many root fields are refused', () => {
  expect(problemOf('{ a { b c } }', { rootFields: 1 })).toBeNull();
  expect(problemOf('{ a b }', { rootFields: 1 })).toMatchObject({
    code: 'QUERY_TOO_COMPLEX',
    message: 'An operation has at most 1 root fields; send several operations.',
    details: { limit: 'MAX_ROOT_FIELDS', maximum: 1 },
  });
});

it('a limit of 0 is none', () => {
  const unlimited = { depth: 0, fields: 0, aliases: 0, directives: 0, duplicateFields: 0 };
  expect(problemOf('{ a: b @x { c c } }', unlimited)).toBeNull();
});

describe('counts', () => {
  it.each([
    ['{ a { b { c } } d }', 'depth', 3],
    ['{ d a { b } }', 'depth', 2],
    ['{ a { ... { ... on T { b } } } }', 'depth', 2],
    ['{ a { ...f } } fragment f on T { b { c } }', 'depth', 3],
    ['{ a { b c } ... { d } ...f } fragment f on T { e }', 'fields', 5],
    ['{ a { ...f } b { ...f } } fragment f on T { x y }', 'fields', 6],
    ['{ a: x { b: y c } ... { d: z } ...f } fragment f on T { e: x }', 'aliases', 4],
    ['query @a { b @c { d @e @f } ... @g { h } ...i @j } fragment i on T { k @l }', 'directives', 7],
    [
      '{ a ... { b } ... { c } ... on T { d ... { e } } ...f } fragment f on T { g ...h } fragment h on T { i }',
      'rootFields',
      7,
    ],
  ] as const)('in %s exactly as many %s as there are: %i', (text, counted, count) => {
    expect(countOf(text, counted)).toBe(count);
  });

  it.each([
    ['the same name twice', '{ a a }', 1],
    ['the same name in different places not', '{ a { b } c { b } }', 0],
    ['the same alias twice', '{ x: a x: b }', 1],
    ['an alias that is the name of another', '{ a a: b }', 1],
    ['a name beside its alias not', '{ a x: a }', 0],
    ['a fragment that is spread twice', '{ ...f ...f } fragment f on T { b }', 1],
    ['a fragment with the name of a field not', '{ f ...f } fragment f on T { b }', 0],
    ['inline fragments never', '{ ... { a } ... { b } }', 0],
    ['what is repeated within, at each place', '{ x { a a } ... { a a } ...f } fragment f on T { c c c }', 4],
  ])('as repeated %s', (_what, text, count) => {
    // Two that are repeated anyway, because a limit of 0 is none.
    expect(countOf(text.replace('{', '{ q q q '), 'duplicateFields')).toBe(count + 2);
  });

  it('each operation by itself, wherever in the document it is', () => {
    const text = 'fragment f on T { x } query one { a { b } } query two { a { b { c } } }';
    expect(countOf(text, 'depth')).toBe(3);
    expect(countOf(text, 'fields')).toBe(3);
  });
});

/** Each fragment twice in the one before, so that nobody could follow all ways to the last. */
function doubling(last: string): string {
  const links = Array.from(
    { length: 90 },
    (_, link) => `fragment f${link} on T { ...f${link + 1} ... { ...f${link + 1} } }`,
  );
  return `{ ...f0 } ${links.join(' ')} fragment f90 on T { ${last} }`;
}

it('fragments that double each time are refused at once', () => {
  expect(problemOf(doubling('a'), {})).toMatchObject({ details: { limit: 'MAX_FIELDS' } });
  expect(problemOf(doubling('a'), { fields: 0 })).toMatchObject({ details: { limit: 'MAX_ROOT_FIELDS' } });
});

it.each(['...nowhere', '...f0'])('fragments that double each time and end in %s take no time', (last) => {
  expect(problemOf(doubling(last), { rootFields: 1 })).toBeNull();
});

it('counts stop where adding up would lose them', () => {
  expect(problemOf(doubling('a'), { fields: 1e9, rootFields: 1e9 })).toBeNull();
  expect(problemOf(doubling('a'), { fields: 1e9 - 1, rootFields: 1e9 })).not.toBeNull();
});

it.each([
  '{ ...nowhere }',
  '{ ...f } fragment f on T { a ...f }',
  '{ ...f } fragment f on T { a { ...g } } fragment g on T { b ...f }',
])('%s is left to validation', (text) => {
  expect(problemOf(text, { depth: 2, fields: 2, rootFields: 1 })).toBeNull();
});
