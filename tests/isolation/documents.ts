import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { SeededRandom } from '../chaos/random.ts';

export type RootType = 'Query' | 'Mutation' | 'Subscription';
export type Values = Readonly<Record<string, unknown>>;

/** Where in a root field's arguments a value of a scalar goes: names from the argument down. */
export interface Position {
  readonly rootType: RootType;
  readonly field: string;
  readonly path: readonly string[];
  readonly isList: boolean;
}

/** Gives a value for an argument or input field that must have one. */
export type ValueOf = (name: string, scalar: string) => unknown;

const maxHops = 3;
const wrappers = /(Connection|Edge|Payload|PageInfo|Change)$/;

/** Writes documents over a schema, whatever fields it has, and remembers which of them were asked for. */
export class Documents {
  readonly asked = new Set<string>();
  readonly #schema: GraphQLSchema;
  readonly #random: SeededRandom;

  constructor(schema: GraphQLSchema, random: SeededRandom) {
    this.#schema = schema;
    this.#random = random;
  }

  /** Every `Type.field` that answers can have. */
  fields(): string[] {
    return Object.values(this.#schema.getTypeMap())
      .filter((type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'))
      .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
  }

  rootFields(rootType: RootType): string[] {
    return Object.keys(this.#root(rootType).getFields());
  }

  /** Every place for a value of this scalar. */
  positions(rootType: RootType, scalar: 'ID' | 'String'): Position[] {
    return Object.values(this.#root(rootType).getFields()).flatMap(({ name: field, args }) =>
      args
        .flatMap((argument) => leavesOf(argument, scalar))
        .map(({ path, isList }) => ({ rootType, field, path, isList })),
    );
  }

  /** The arguments that a field must have. */
  required(rootType: RootType, field: string, valueOf: ValueOf): Values {
    return valuesOf(this.#field(rootType, field).args, valueOf);
  }

  takes(rootType: RootType, field: string, argument: string): boolean {
    return this.#field(rootType, field).args.some(({ name }) => name === argument);
  }

  /** A document of one root field with these arguments; everything in it that is a leaf, and some of what hangs on it. */
  write(rootType: RootType, field: string, values: Values, hops = maxHops): string {
    const { args, type } = this.#field(rootType, field);
    const given = args.filter(({ name }) => values[name] !== undefined);
    const variables = given.map(({ name, type: of }) => `$${name}: ${String(of)}`).join(', ');
    const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
    this.asked.add(`${rootType}.${field}`);
    return `${rootType.toLowerCase()} ${variables === '' ? '' : `(${variables}) `}{ ${field}${passed === '' ? '' : `(${passed})`}${this.#selection(getNamedType(type), hops)} }`;
  }

  #root(rootType: RootType): GraphQLObjectType {
    return this.#schema.getRootType(rootType.toLowerCase() as never) as GraphQLObjectType;
  }

  #field(rootType: RootType, name: string): GraphQLField<unknown, unknown> {
    const field = this.#root(rootType).getFields()[name];
    if (field === undefined) throw new Error(`there is no ${rootType}.${name}`);
    return field;
  }

  #selection(type: GraphQLNamedType, hops: number): string {
    if (isInterfaceType(type)) {
      const parts = this.#schema
        .getPossibleTypes(type)
        .map((possible) => `... on ${possible.name} ${this.#fieldsOf(possible, hops, `${possible.name}_`)}`);
      return ` { __typename id ${parts.join(' ')} }`;
    }
    return isObjectType(type) ? ` ${this.#fieldsOf(type, hops, '')}` : '';
  }

  /** Fields of several types side by side need names of their own: their types may differ in whether they can be null. */
  #fieldsOf(type: GraphQLObjectType, hops: number, prefix: string): string {
    const left = wrappers.test(type.name) ? hops : hops - 1;
    const fields = Object.values(type.getFields()).filter(
      (field) => isLeaf(field) || this.#isWanted(type, field, left),
    );
    const texts = fields.map((field) => {
      this.asked.add(`${type.name}.${field.name}`);
      const alias = prefix === '' || field.name === 'id' ? '' : `${prefix}${field.name}: `;
      const first = field.args.some(({ name }) => name === 'first') ? '(first: 20)' : '';
      return `${alias}${field.name}${first}${this.#selection(getNamedType(field.type), left)}`;
    });
    return `{ __typename ${texts.join(' ')} }`;
  }

  /** What has not been asked for yet comes first, then chance decides; lists are always read in full. */
  #isWanted(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, hops: number): boolean {
    if (wrappers.test(type.name)) return field.name !== 'edges' || this.#random.below(3) === 0;
    if (hops <= 0) return false;
    return !this.asked.has(`${type.name}.${field.name}`) || this.#random.below(10) < 3 + hops;
  }
}

const isLeaf = (field: GraphQLField<unknown, unknown>): boolean => isLeafType(getNamedType(field.type));

function leavesOf(input: GraphQLArgument | GraphQLInputField, scalar: string): { path: string[]; isList: boolean }[] {
  const type = getNullableType(input.type);
  const named = getNamedType(type);
  if (isInputObjectType(named) && !isListType(type)) {
    return Object.values(named.getFields()).flatMap((field) =>
      leavesOf(field, scalar).map(({ path, isList }) => ({ path: [input.name, ...path], isList })),
    );
  }
  return named.name === scalar ? [{ path: [input.name], isList: isListType(type) }] : [];
}

function valuesOf(inputs: readonly (GraphQLArgument | GraphQLInputField)[], valueOf: ValueOf): Values {
  const needed = inputs.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);
  return Object.fromEntries(needed.map(({ name, type }) => [name, valueFor(name, type, valueOf)]));
}

function valueFor(name: string, type: GraphQLInputType, valueOf: ValueOf): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [valueFor(name, nullable.ofType, valueOf)];
  if (isInputObjectType(nullable)) return valuesOf(Object.values(nullable.getFields()), valueOf);
  return isEnumType(nullable) ? nullable.getValues()[0]?.name : valueOf(name, getNamedType(nullable).name);
}

/** The values with one more at a position. */
export function withValue(values: Values, { path, isList }: Pick<Position, 'path' | 'isList'>, value: unknown): Values {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) return { ...values, [name]: isList ? [value] : value };
  const inner = (values[name] ?? {}) as Values;
  return { ...values, [name]: withValue(inner, { path: rest, isList }, value) };
}
