import { getNamedType, type GraphQLField, type GraphQLFieldResolver } from 'graphql';
import { admission } from '../schema/access.ts';
import { declaredTypes } from '../schema/declarations.ts';
import type { OperationContext } from './context.ts';
import { decodeIds } from '../schema/decode-ids.ts';

type RootResolver = GraphQLFieldResolver<unknown, OperationContext>;

/** Puts the access rule and the decoding of ids in front of a root field's resolver. */
export function guarded(
  field: GraphQLField<unknown, OperationContext>,
  rootType: string,
  resolve: RootResolver,
): RootResolver {
  const admit = admission(`${rootType}.${field.name}`);
  const returned = getNamedType(field.type).name;
  const ownType = declaredTypes.has(returned) ? returned : null;
  return (root, given, context, info) => {
    admit(context.viewer);
    // A mutation changes what the mutations before it in the document may have read.
    if (rootType === 'Mutation') context.reader.forget();
    if (rootType === 'Query') context.allowLag();
    return resolve(root, decodeIds(field.args, given as Record<string, unknown>, ownType), context, info);
  };
}
