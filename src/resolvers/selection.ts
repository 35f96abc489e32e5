import { getNamedType, Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';
import { declaredTypes, type FieldDeclaration } from '../schema/declarations.ts';

type Fragments = GraphQLResolveInfo['fragments'];

/** What a concrete type may be called in a fragment besides its own name. */
const abstract: readonly string[] = ['Node', '_Entity'];

/** The fields that a selection asks of one concrete type. Directives are not weighed: at worst a column too many is read. */
function fieldsOf(selections: readonly SelectionSetNode[], type: string, fragments: Fragments): FieldNode[] {
  return selections.flatMap((set) =>
    set.selections.flatMap((selection): FieldNode[] => {
      if (selection.kind === Kind.FIELD) return [selection];
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
      const condition = fragment?.typeCondition?.name.value;
      if (fragment === undefined || (condition !== undefined && condition !== type && !abstract.includes(condition)))
        return [];
      return fieldsOf([fragment.selectionSet], type, fragments);
    }),
  );
}

const selectionsOf = (nodes: readonly FieldNode[]): SelectionSetNode[] =>
  nodes.flatMap((node) => (node.selectionSet === undefined ? [] : [node.selectionSet]));

function columnsOf(field: FieldDeclaration): readonly string[] {
  switch (field.kind) {
    case 'column':
      return [field.column];
    case 'toOne':
      return [field.by];
    case 'computed':
      return field.needs;
    case 'id':
    case 'toMany':
      return ['id'];
  }
}

function columnsSelected(selections: readonly SelectionSetNode[], type: string, fragments: Fragments): string[] {
  const declared = declaredTypes.get(type)?.fields;
  const columns = new Set<string>();
  for (const node of fieldsOf(selections, type, fragments)) {
    const field = declared?.get(node.name.value);
    if (field !== undefined) for (const column of columnsOf(field)) columns.add(column);
  }
  // Sorted, so that the same columns make the same statement.
  return [...columns].sort();
}

/** Which columns of a type's source the selection under the current field needs. */
export function selectedColumns(info: GraphQLResolveInfo, type: string): string[] {
  return columnsSelected(selectionsOf(info.fieldNodes), type, info.fragments);
}

/** Whether a field is selected of the object, or of the objects, under the current field. */
export function isSelected(info: GraphQLResolveInfo, name: string): boolean {
  const type = getNamedType(info.returnType).name;
  return fieldsOf(selectionsOf(info.fieldNodes), type, info.fragments).some((node) => node.name.value === name);
}

export interface ConnectionSelection {
  readonly columns: readonly string[];
  readonly withPlaces: boolean;
  readonly withMore: boolean;
}

/** The same for a field that is a connection to the type; and what its page will be asked for. */
export function selectedThroughEdges(
  info: GraphQLResolveInfo,
  type: string,
  connectionName = type,
): ConnectionSelection {
  const name = (node: FieldNode): string => node.name.value;
  const all = (nodes: readonly FieldNode[], parent: string): FieldNode[] =>
    fieldsOf(selectionsOf(nodes), parent, info.fragments);
  const connection = all(info.fieldNodes, `${connectionName}Connection`);
  const edges = all(
    connection.filter((node) => name(node) === 'edges'),
    `${connectionName}Edge`,
  );
  const nodes = [
    ...edges.filter((node) => name(node) === 'node'),
    ...connection.filter((node) => name(node) === 'nodes'),
  ];
  const pageInfo = all(
    connection.filter((node) => name(node) === 'pageInfo'),
    'PageInfo',
  );
  return {
    columns: columnsSelected(selectionsOf(nodes), type, info.fragments),
    withPlaces: edges.some((node) => name(node) === 'cursor') || pageInfo.some((node) => name(node).endsWith('Cursor')),
    withMore: pageInfo.some((node) => name(node).startsWith('has')),
  };
}

/** Which columns the selection of an edge's node needs. */
export function selectedOfEdge(info: GraphQLResolveInfo, type: string): string[] {
  const edge = fieldsOf(selectionsOf(info.fieldNodes), `${type}Edge`, info.fragments);
  return columnsSelected(selectionsOf(edge.filter((node) => node.name.value === 'node')), type, info.fragments);
}
