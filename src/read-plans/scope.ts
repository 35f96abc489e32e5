import {
  getArgumentValues,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields.js';
import { decodeIds } from '../schema/decode-ids.ts';
import { declaredTypes } from '../schema/declarations.ts';
import type { Source } from '../services/reading/source.ts';
import { sources } from '../services/sources.ts';
import type { Branch } from './branch.ts';
import type { FieldWriter } from './completion.ts';
import type { Place } from './place.ts';
import type { RowShape } from './rows.ts';
import type { Run } from './run.ts';
import type { WriterBody, WriterCode } from './writer-code.ts';

/** What stays the same while one document is compiled. */
export interface Scope {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** The variables that say which fields are included; a plan holds for their values only. */
  readonly conditions: Readonly<Record<string, unknown>>;
  /** Compiles what is selected of rows. It needs connections, which need it. */
  readonly rowObject: RowObject;
  /** What writes the plan's answer. */
  readonly code: WriterCode;
}

/** The selection of a type: what is loaded for its rows, and how one is written. */
export interface ObjectPlan {
  readonly branches: readonly Branch[];
  readonly write: WriterBody;
}

/** What is selected of a type's rows below a place. The columns that it needs are added to the rows' shape. */
export type RowObject = (scope: Scope, type: GraphQLObjectType, rows: RowShape, place: Place) => ObjectPlan;

/** One field of a selection, with its place in the answer. */
export interface Selected {
  readonly key: string;
  readonly name: string;
  readonly place: Place;
}

/** The fields that are selected of a type below these nodes. */
export function selectedOf(scope: Scope, type: GraphQLObjectType, nodes: readonly FieldNode[], at: Place): Selected[] {
  const fields = collectSubfields(scope.schema, scope.fragments, scope.conditions, type, nodes);
  return [...fields].map(([key, fieldNodes]) => selected(type, key, fieldNodes, at.path));
}

export function selected(
  type: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
  path: Place['path'],
): Selected {
  const name = (nodes[0] as FieldNode).name.value;
  return { key, name, place: { path: [...path, key], nodes, coordinate: `${type.name}.${name}` } };
}

export function fieldOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> {
  return type.getFields()[name] as GraphQLField<unknown, unknown>;
}

/** The field's arguments, with bare ids; throws what is wrong with them. */
export function argumentsOf(
  run: Run,
  field: GraphQLField<unknown, unknown>,
  { nodes }: Place,
  ownType: string | null,
): Record<string, unknown> {
  const given = getArgumentValues(field, nodes[0] as FieldNode, run.variables);
  return field.args.length === 0 ? given : decodeIds(field.args, given, ownType);
}

export function sourceOf(type: string): Source {
  const source = sources.get(declaredTypes.get(type)?.source ?? '');
  if (source === undefined) throw new Error(`Type ${type} has no source.`);
  return source;
}

/** The field __typename. */
export function typename(type: GraphQLObjectType, { key }: Selected): FieldWriter {
  return { key, text: () => `'${JSON.stringify(type.name)}'` };
}
