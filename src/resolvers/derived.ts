import type { GraphQLFieldResolver } from 'graphql';
import type { FieldDeclaration } from '../schema/declarations.ts';
import type { Row } from '../services/reading/source.ts';
import type { OperationContext } from './context.ts';
import { globalId } from './ids.ts';
import { readOne, readPage, type ListArguments } from './read.ts';

export type RowResolver = GraphQLFieldResolver<Row, OperationContext>;

/** The resolver that a field's declaration means. `computed` is the code of fields that have code of their own. */
export function derivedResolver(
  type: string,
  name: string,
  field: FieldDeclaration,
  computed: ReadonlyMap<string, RowResolver>,
): RowResolver {
  switch (field.kind) {
    case 'id':
      return (row) => globalId(type, row['id'] as string);
    case 'column':
      return (row) => row[field.column];
    case 'toOne':
      return (row, _arguments, context, info) => {
        const key = row[field.by] as string | null | undefined;
        return key === null || key === undefined ? null : readOne(field.type, key, context, info);
      };
    case 'toMany':
      return (row, listArguments, context, info) =>
        readPage(field.type, listArguments as ListArguments, context, info, {
          relation: field.relation,
          key: row['id'] as string,
        });
    case 'computed': {
      const resolver = computed.get(`${type}.${name}`);
      if (resolver === undefined)
        throw new Error(`${type}.${name} is declared as computed and has no code in resolvers/computed.ts.`);
      return resolver;
    }
  }
}
