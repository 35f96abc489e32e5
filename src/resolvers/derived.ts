import type { GraphQLFieldResolver } from 'graphql';
import type { FieldDeclaration, RootRead } from '../schema/declarations.ts';
import { computedField } from '../services/computed-fields.ts';
import type { ListArguments } from '../services/reading/list-arguments.ts';
import type { Row } from '../services/reading/source.ts';
import type { OperationContext } from './context.ts';
import { globalId } from '../schema/ids.ts';
import { readOne, readPage } from './read.ts';
import { isSelected } from './selection.ts';

type RowResolver = GraphQLFieldResolver<Row, OperationContext>;

/** The resolver that a field's declaration means. */
export function derivedResolver(type: string, name: string, field: FieldDeclaration): RowResolver {
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
      const code = computedField(type, name);
      const { keyOf } = field;
      const valueOf: RowResolver = async (row, _arguments, { reader }, info) => {
        const [value] = await code(reader, [row], (wanted) => isSelected(info, wanted));
        if (value instanceof Error) throw value;
        return value;
      };
      if (keyOf === null) return valueOf;
      return async (row, given, context, info) => {
        const key = (await valueOf(row, given, context, info)) as string | null;
        return key === null ? null : readOne(keyOf, key, context, info);
      };
    }
  }
}

/** The resolver of a declared field of Query; its ids are bare already. */
export function rootResolver({ kind, type }: RootRead): GraphQLFieldResolver<unknown, OperationContext> {
  switch (kind) {
    case 'one':
      return (_root, given, context, info) => readOne(type, (given as { id: string }).id, context, info);
    case 'all':
      return (_root, given, context, info) => readPage(type, given as ListArguments, context, info);
    case 'viewer':
      return (_root, _given, context) => context.viewer;
  }
}
