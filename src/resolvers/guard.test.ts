import 'reflect-metadata';
import { GraphQLString, type GraphQLField } from 'graphql';
import { expect, it } from 'vitest';
import type { OperationContext } from './context.ts';
import { guarded } from './guard.ts';

it('refuses a root field that has no row in the access table, by name', () => {
  const field = { name: 'everythingAtOnce', type: GraphQLString, args: [] } as unknown as GraphQLField<
    unknown,
    OperationContext
  >;
  expect(() => guarded(field, 'Query', () => null)).toThrow('Query.everythingAtOnce has no row in the access table');
  expect(() => guarded({ ...field, name: 'viewer' }, 'Query', () => null)).not.toThrow();
});
