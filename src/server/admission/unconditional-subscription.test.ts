import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { UnconditionalSubscriptionRule } from './unconditional-subscription.ts';

const schema = buildSchema('type Query { tick: Int } type Subscription { tick: Tick } type Tick { at: Int }');
const problems = (text: string): [string, number | undefined][] =>
  validate(schema, parse(text), [UnconditionalSubscriptionRule]).map(({ message, locations }) => [
    message,
    locations?.[0]?.column,
  ]);

describe('the field of a subscription', () => {
  it.each([
    ['subscription { tick @include(if: false) { at } }', 'include', 21],
    ['subscription ($no: Boolean!) { tick @skip(if: $no) { at } }', 'skip', 37],
    ['subscription { ... @include(if: true) { tick { at } } }', 'include', 20],
    ['subscription { ...ticks @skip(if: true) } fragment ticks on Subscription { tick { at } }', 'skip', 25],
    ['subscription { ...ticks } fragment ticks on Subscription { tick @skip(if: true) { at } }', 'skip', 65],
  ])('stands under no condition: %s', (text, name, column) => {
    expect(problems(text)).toEqual([[`A subscription's field takes no @${name}; subscribe, or do not.`, column]]);
  });

  it.each([
    'subscription { tick { at } }',
    'subscription { tick { at @include(if: false) } }',
    'query { tick @include(if: false) }',
    'subscription { ...unknown }',
    'subscription { ...one } fragment one on Subscription { ...two } fragment two on Subscription { ...one }',
  ])('is in order: %s', (text) => {
    expect(problems(text)).toEqual([]);
  });
});
