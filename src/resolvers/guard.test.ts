import 'reflect-metadata';
import { GraphQLID, GraphQLObjectType, GraphQLString, type GraphQLField, type GraphQLResolveInfo } from 'graphql';
import { beforeEach, expect, it } from 'vitest';
import '../schema/all-types.ts';
import { viewerOf } from '../services/identity/viewer.ts';
import type { OperationContext } from './context.ts';
import { guarded } from './guard.ts';
import { globalId } from '../schema/ids.ts';

type Field = GraphQLField<unknown, OperationContext>;

const field = (name: string, type: Field['type'] = GraphQLString): Field =>
  ({ name, type, args: [{ name: 'id', type: GraphQLID }] }) as unknown as Field;
const sessionType = new GraphQLObjectType({ name: 'Session', fields: { id: { type: GraphQLID } } });

let done: string[] = [];
const contextOf = (...scopes: string[]): OperationContext =>
  ({
    viewer: viewerOf({ userId: 'anna', scopes }),
    reader: { forget: () => done.push('forget') },
    allowLag: () => done.push('allow lag'),
  }) as unknown as OperationContext;

const call = (root: string, one: Field, context: OperationContext, id = 'x'): unknown =>
  guarded(one, root, (_, given) => {
    done.push('resolve');
    return given;
  })(null, { id }, context, {} as GraphQLResolveInfo);

beforeEach(() => {
  done = [];
});

it('refuses a root field that has no row in the access table, by name', () => {
  expect(() => guarded(field('everythingAtOnce'), 'Query', () => null)).toThrow(
    'Query.everythingAtOnce has no row in the access table',
  );
  expect(() => guarded(field('viewer'), 'Query', () => null)).not.toThrow();
});

it('refuses whom the rule does not allow, before anything is done', () => {
  expect(() => call('Query', field('session'), contextOf('api:write'))).toThrow(
    expect.objectContaining({
      code: 'FORBIDDEN',
      message: 'This token may not do that: Query.session needs the scope api:read.',
    }),
  );
  expect(done).toEqual([]);
});

it('lets a query read from where it may lag', () => {
  call('Query', field('session'), contextOf('api:read'));
  expect(done).toEqual(['allow lag', 'resolve']);
});

it('lets a mutation forget what was read before it', () => {
  call('Mutation', field('closeSession'), contextOf('api:write'));
  expect(done).toEqual(['forget', 'resolve']);
});

it('lets a subscription be', () => {
  call('Subscription', field('sessionChanged'), contextOf('api:read'));
  expect(done).toEqual(['resolve']);
});

it('makes database ids of global ones, of the type that the field returns', () => {
  const context = contextOf('api:read');
  const returnsSession = field('session', sessionType);
  expect(call('Query', returnsSession, context, globalId('Session', 's1'))).toEqual({ id: 's1' });
  expect(() => call('Query', returnsSession, context, globalId('User', 'u1'))).toThrow('not of a Session');
  expect(call('Query', field('node'), context, globalId('Session', 's1'))).toEqual({ id: globalId('Session', 's1') });
});
