import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { defaultPageSize, maxPageSize } from '../../shared/page-sizes.ts';

type Variables = Readonly<Record<string, unknown>>;

/** What an operation costs: a number where that does not depend on variables. */
export type Cost = number | ((variables: Variables) => number);

/** What is asked for beyond rows: these run statements of their own. */
const countCost = 10;
const searchCost = 10;
const mutationCost = 10;
/** All of a schema's description, however deep. */
const introspectionCost = 100;
/** Of lists that are no connections, such as the tool calls of a message. */
const assumedListLength = 10;
/** Arguments whose items a list answers one by one. */
const keyArguments = new Set(['ids', 'representations']);

/**
 * How many objects an operation can bring forth at the most: pages count with the size that is asked for, lists within
 * lists multiply. Of a subscription it is the cost of one event.
 */
export function costOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Cost {
  const root = schema.getRootType(operation.operation);
  if (root == null) return 0;
  const costs = new Costs(schema, document, operation);
  const base = operation.operation === OperationTypeNode.MUTATION ? mutationCost : 0;
  return sum([base, costs.ofSelections(operation.selectionSet, root, 1)]);
}

class Costs {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #defaults: ReadonlyMap<string, ValueNode | undefined>;

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    );
    this.#defaults = new Map(
      (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
    );
  }

  /** `page` is how many rows the connection around these fields has. */
  ofSelections(set: SelectionSetNode, type: GraphQLCompositeType, page: Cost): Cost {
    return sum(
      set.selections.map((selection) => {
        if (selection.kind === Kind.FIELD) return this.#ofField(selection, type, page);
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
        if (fragment === undefined) return 0;
        const narrowed =
          fragment.typeCondition === undefined ? type : this.#schema.getType(fragment.typeCondition.name.value);
        return isCompositeType(narrowed) ? this.ofSelections(fragment.selectionSet, narrowed, page) : 0;
      }),
    );
  }

  #ofField(node: FieldNode, parent: GraphQLCompositeType, page: Cost): Cost {
    const name = node.name.value;
    if (name === '__schema' || name === '__type') return introspectionCost;
    if (name === 'totalCount') return countCost;
    const field = 'getFields' in parent ? parent.getFields()[name] : undefined;
    const type = field === undefined ? undefined : getNamedType(field.type);
    if (field === undefined || !isCompositeType(type) || node.selectionSet === undefined) return 0;
    if (isConnection(type)) {
      const rows = this.#pageSize(node);
      return sum([name.startsWith('search') ? searchCost : 1, this.ofSelections(node.selectionSet, type, rows)]);
    }
    const inner = this.ofSelections(node.selectionSet, type, 1);
    if (!isListType(getNullableType(field.type))) return sum([1, inner]);
    const length = isConnection(parent) ? page : this.#listLength(node, field);
    return times(length, isEdge(type) ? atLeastOne(inner) : sum([1, inner]));
  }

  #pageSize(node: FieldNode): Cost {
    const given = (node.arguments ?? []).filter(({ name }) => name.value === 'first' || name.value === 'last');
    const sizes = given.map(({ value }) => this.#number(value));
    const rows = (variables: Variables): number =>
      pageSizeOf(sizes.map((size) => size(variables)).find((size) => size !== undefined) ?? defaultPageSize);
    return given.some(({ value }) => value.kind === Kind.VARIABLE) ? rows : rows({});
  }

  #number(value: ValueNode): (variables: Variables) => number | undefined {
    if (value.kind === Kind.INT) return () => Number(value.value);
    if (value.kind !== Kind.VARIABLE) return () => undefined;
    const standard = this.#defaults.get(value.name.value);
    return (variables) => {
      const given = variables[value.name.value];
      if (given === undefined && standard?.kind === Kind.INT) return Number(standard.value);
      return typeof given === 'number' ? given : undefined;
    };
  }

  /** As many as ids are given; else a guess. */
  #listLength(node: FieldNode, field: GraphQLField<unknown, unknown>): Cost {
    if (!field.args.some(({ name }) => keyArguments.has(name))) return assumedListLength;
    const ids = node.arguments?.find(({ name }) => keyArguments.has(name.value))?.value;
    if (ids?.kind !== Kind.VARIABLE) return literalLength(ids);
    const standard = literalLength(this.#defaults.get(ids.name.value));
    return (variables) => {
      const given = variables[ids.name.value];
      if (given === undefined) return standard;
      return Array.isArray(given) ? given.length : 1;
    };
  }
}

/** A single value stands for a list of one. */
const literalLength = (list: ValueNode | undefined): number => (list?.kind === Kind.LIST ? list.values.length : 1);

const pageSizeOf = (size: number): number => Math.min(Math.max(0, size), maxPageSize);

const isConnection = (type: GraphQLCompositeType): boolean => isObjectType(type) && 'pageInfo' in type.getFields();
const isEdge = (type: GraphQLCompositeType): boolean => isObjectType(type) && 'cursor' in type.getFields();

function sum(costs: readonly Cost[]): Cost {
  const fixed = costs.reduce<number>((total, cost) => total + (typeof cost === 'number' ? cost : 0), 0);
  const varying = costs.filter((cost) => typeof cost !== 'number');
  if (varying.length === 0) return fixed;
  return (variables) => varying.reduce((total, cost) => total + cost(variables), fixed);
}

function times(count: Cost, each: Cost): Cost {
  if (typeof count === 'number' && typeof each === 'number') return count * each;
  return (variables) => valueOf(count, variables) * valueOf(each, variables);
}

const atLeastOne = (cost: Cost): Cost =>
  typeof cost === 'number' ? Math.max(1, cost) : (variables) => Math.max(1, cost(variables));

export const valueOf = (cost: Cost, variables: Variables): number =>
  typeof cost === 'number' ? cost : cost(variables);
