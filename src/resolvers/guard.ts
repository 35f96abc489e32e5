import { getNamedType, type GraphQLField, type GraphQLFieldResolver } from 'graphql';
import { access, rules } from '../schema/access.ts';
import { declaredTypes } from '../schema/declarations.ts';
import { ScrollbackError } from '../shared/errors.ts';
import type { OperationContext } from './context.ts';
import { decodeIds } from './decode-ids.ts';

type RootResolver = GraphQLFieldResolver<unknown, OperationContext>;

/** Puts the access rule and the decoding of ids in front of a root field's resolver. */
export function guarded(
  field: GraphQLField<unknown, OperationContext>,
  rootType: string,
  resolve: RootResolver,
): RootResolver {
  const path = `${rootType}.${field.name}`;
  const rule = access[path];
  if (rule === undefined) throw new Error(`${path} has no row in the access table (schema/access.ts).`);
  const { allows, needs } = rules[rule];
  const returned = getNamedType(field.type).name;
  const ownType = declaredTypes.has(returned) ? returned : null;
  return (root, given, context, info) => {
    if (!allows(context.viewer)) {
      throw new ScrollbackError('FORBIDDEN', `This token may not do that: ${path} needs ${needs}.`);
    }
    // A mutation changes what the mutations before it in the document may have read.
    if (rootType === 'Mutation') context.reader.forget();
    if (rootType === 'Query') context.allowLag();
    return resolve(root, decodeIds(field.args, given as Record<string, unknown>, ownType), context, info);
  };
}
