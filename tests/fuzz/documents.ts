import type fc from 'fast-check';
import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import fastCheck from 'fast-check';
import { hostileNumbers, ids, texts } from './values.ts';

/** fast-check's source of random choices inside of one run. */
export type Choices = fc.GeneratorValue;

const chance = (g: Choices, percent: number): boolean => g(fastCheck.integer, { min: 1, max: 100 }) <= percent;
const pick = <Value>(g: Choices, from: readonly Value[]): Value =>
  from[g(fastCheck.nat, { max: from.length - 1 })] as Value;

/** A document that is valid but for the values in it, which sometimes are not what their types say. */
export class DocumentWriter {
  readonly #schema: GraphQLSchema;
  readonly #g: Choices;

  constructor(schema: GraphQLSchema, g: Choices) {
    this.#schema = schema;
    this.#g = g;
  }

  operation(kind: 'query' | 'mutation' | 'subscription'): string {
    const root = this.#schema.getRootType(kind as never);
    const fields = Object.values(root?.getFields() ?? {});
    const count = kind === 'subscription' ? 1 : g(this.#g, 3);
    const selections = Array.from(
      { length: count },
      (_, index) => `f${index}: ${this.#field(pick(this.#g, fields), 4)}`,
    );
    return `${kind} Fuzz { ${selections.join(' ')} }`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type);
    const selection = isCompositeType(type) ? ` { ${this.#selection(type, depth - 1)} }` : '';
    return `${field.name}${this.#arguments(field.args)}${this.#directive()}${selection}`;
  }

  #selection(type: GraphQLNamedType, depth: number): string {
    if (depth <= 0) return '__typename';
    if (isInterfaceType(type) || isUnionType(type)) {
      const possible = pick(this.#g, this.#schema.getPossibleTypes(type));
      return `__typename ... on ${possible.name} { ${this.#selection(possible, depth)} }`;
    }
    if (!isObjectType(type)) return '__typename';
    const fields = Object.values(type.getFields());
    return Array.from(
      { length: g(this.#g, 4) },
      (_, index) => `a${index}: ${this.#field(pick(this.#g, fields), depth)}`,
    ).join(' ');
  }

  #directive(): string {
    if (chance(this.#g, 95)) return '';
    if (chance(this.#g, 10)) return pick(this.#g, [' @skip(if: "no")', ' @nothing', ' @skip']);
    return pick(this.#g, [' @include(if: true)', ' @skip(if: false)', ' @include(if: false)']);
  }

  #arguments(args: readonly GraphQLArgument[]): string {
    const given = args.filter((argument) => isNonNullType(argument.type) || chance(this.#g, 20));
    return given.length === 0 ? '' : `(${given.map((argument) => this.#named(argument, 3)).join(', ')})`;
  }

  #named(argument: GraphQLArgument | GraphQLInputField, depth: number): string {
    return `${argument.name}: ${this.#value(argument.type, argument.name, depth)}`;
  }

  #value(type: GraphQLInputType, name: string, depth: number): string {
    if (isNonNullType(type)) return chance(this.#g, 1) ? 'null' : this.#value(type.ofType, name, depth);
    if (chance(this.#g, 1)) return pick(this.#g, ['null', '{}', '[]', '7', '"text"', 'true', 'WORD', '$missing']);
    if (isListType(type))
      return `[${Array.from({ length: g(this.#g, 3) }, () => this.#value(type.ofType, name, depth)).join(', ')}]`;
    if (isEnumType(type)) return pick(this.#g, type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isNonNullType(field.type) || (depth > 0 && chance(this.#g, 40)),
      );
      return `{ ${fields.map((field) => this.#named(field, depth - 1)).join(', ')} }`;
    }
    return this.#scalar(type.name);
  }

  #scalar(type: string): string {
    switch (type) {
      case 'Int':
      case 'Float':
        return String(chance(this.#g, 5) ? pick(this.#g, hostileNumbers) : g(this.#g, 20));
      case 'DateTime':
        return JSON.stringify(chance(this.#g, 90) ? '2026-01-02T00:00:00Z' : this.#g(() => texts));
      case 'Boolean':
        return pick(this.#g, ['true', 'false']);
      case 'ID':
        return JSON.stringify(this.#g(() => ids));
      case 'JSON':
      case 'JSONObject':
        return pick(this.#g, [
          '{ a: 1 }',
          '{ __proto__: { x: [null] } }',
          '{}',
          '[1]',
          '"text"',
          '{ a: { b: { c: "\\u0000" } } }',
        ]);
      default:
        return JSON.stringify(this.#g(() => texts));
    }
  }
}

/** One to so many. */
const g = (choices: Choices, most: number): number => choices(fastCheck.integer, { min: 1, max: most });

/** The text with some of its pieces dropped, doubled, swapped or replaced. */
export function mangle(text: string, choices: Choices): string {
  const pieces = text.split(/(?<=[\s{}()[\]:,"$@!])/);
  for (let times = g(choices, 4); times > 0 && pieces.length > 0; times -= 1) {
    const at = choices(fastCheck.nat, { max: pieces.length - 1 });
    const other = choices(fastCheck.nat, { max: pieces.length - 1 });
    const junk = pick(choices, [
      '{',
      '}',
      '"',
      '"""',
      '...',
      '$',
      '@',
      '#',
      '\u0000',
      '\uFFFF',
      ':',
      '|',
      'fragment',
      '[[[[',
      '‮',
    ]);
    const change = choices(fastCheck.nat, { max: 3 });
    if (change === 0) pieces.splice(at, 1);
    else if (change === 1) pieces.splice(at, 0, pieces[other] ?? '');
    else if (change === 2) pieces[at] = junk;
    else pieces[at] = pieces[other] ?? '';
  }
  return pieces.join('');
}
