import { GraphQLFloat, GraphQLInt, isEnumType, type GraphQLEnumType, type GraphQLLeafType } from 'graphql';
import { DateTime, JSONObject, JSONValue } from '../schema/scalars.ts';
import { JsonText, textWithinDepth } from '../shared/json-text.ts';
import { dateTimeOfText } from './date-time-text.ts';

/** A value that is not null as JSON text; throws what the type's own `serialize` throws. */
export type Leaf = (value: unknown) => string;

/** Leaves of values that JavaScript code made; moments may have come from PostgreSQL as text. */
export const leafOfValue = (type: GraphQLLeafType): Leaf => {
  const known = valueLeaves.get(type.name);
  if (known !== undefined) return known;
  return (value) => JSON.stringify(type.serialize(value));
};

const valueLeaves: ReadonlyMap<string, Leaf> = new Map<string, Leaf>([
  [
    'DateTime',
    (value) => JSON.stringify(typeof value === 'string' ? dateTimeOfText(value) : DateTime.serialize(value)),
  ],
  [
    'JSON',
    (value) => (value instanceof JsonText ? textWithinDepth(value.text) : JSON.stringify(JSONValue.serialize(value))),
  ],
]);

/** Cursors are base64url, which JSON writes as it is. */
export const cursorLeaf: Leaf = (cursor) => `"${cursor as string}"`;

/** Leaves of PostgreSQL's text, which mostly is JSON already. */
export function leafOfText(type: GraphQLLeafType): Leaf {
  if (isEnumType(type)) return enumLeaf(type);
  return textLeaves.get(type.name) ?? leafOfValue(type);
}

const asIs: Leaf = (text) => text as string;
const json: Leaf = (text) => textWithinDepth(text as string);

/** By name, because a schema that extends another one has scalars of its own. */
const textLeaves: ReadonlyMap<string, Leaf> = new Map<string, Leaf>([
  ['String', JSON.stringify],
  ['ID', JSON.stringify],
  // Up to nine digits are within 32 bits.
  ['Int', (text) => ((text as string).length < 10 ? asIs(text) : String(GraphQLInt.serialize(Number(text))))],
  ['Float', (text) => String(GraphQLFloat.serialize(Number(text)))],
  ['Boolean', (text) => (text === 't' ? 'true' : 'false')],
  ['DateTime', (text) => `"${dateTimeOfText(text as string)}"`],
  ['JSON', json],
  // What else it may be the scalar refuses.
  ['JSONObject', (text) => (asIs(text).startsWith('{') ? json(text) : serialized(JSONObject, JSON.parse(asIs(text))))],
]);

const serialized = (type: GraphQLLeafType, value: unknown): string => JSON.stringify(type.serialize(value));

function enumLeaf(type: GraphQLEnumType): Leaf {
  const known = new Map<unknown, string>(type.getValues().map(({ name, value }) => [value, JSON.stringify(name)]));
  return (value) => known.get(value) ?? JSON.stringify(type.serialize(value));
}
