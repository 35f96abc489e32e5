import type { GraphQLResolveInfo } from 'graphql';
import { declaredTypes } from '../schema/declarations.ts';
import type { Page } from '../services/reading/page.ts';
import { listQueryOf, type ListArguments } from '../services/reading/list-arguments.ts';
import type { Row, Source } from '../services/reading/source.ts';
import { sources } from '../services/sources.ts';
import type { OperationContext } from './context.ts';
import { selectedColumns, selectedThroughEdges } from './selection.ts';

function sourceOf(type: string): Source {
  const source = sources.get(declaredTypes.get(type)?.source ?? '');
  if (source === undefined) throw new Error(`Type ${type} has no source.`);
  return source;
}

/** The row of a type by its database id, with the columns that the selection needs. */
export function readOne(
  type: string,
  key: string,
  context: OperationContext,
  info: GraphQLResolveInfo,
): Promise<Row | null> {
  context.spend(1);
  return context.reader.one(sourceOf(type), key, selectedColumns(info, type));
}

/** A page of a type: of all there are, or of those that belong to a parent. */
export async function readPage(
  type: string,
  listArguments: ListArguments,
  context: OperationContext,
  info: GraphQLResolveInfo,
  parent: { readonly relation: string; readonly key: string } | null = null,
): Promise<Page> {
  const page = await context.reader.page(
    {
      source: sourceOf(type),
      relation: parent?.relation ?? null,
      ...listQueryOf(listArguments),
      ...selectedThroughEdges(info, type),
    },
    parent?.key ?? null,
  );
  context.spend(page.nodes.length);
  return page;
}
