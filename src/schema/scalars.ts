import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLJSON, GraphQLJSONObject } from 'graphql-scalars';
import { dayExists } from '../shared/calendar.ts';
import { firstMoment, lastMoment } from '../shared/endless-time.ts';
import { JsonText, withinDepth } from '../shared/json-text.ts';

const isoPattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?$/;

function serializeDateTime(value: unknown): string {
  if (value === Infinity) return lastMoment;
  if (value === -Infinity) return firstMoment;
  return (value instanceof Date ? value : new Date(value as string)).toISOString();
}

function parseDateTime(value: unknown): Date {
  const text = typeof value === 'string' && isoPattern.test(value) ? value : '';
  const date = new Date(text);
  if (Number.isNaN(date.getTime()) || !dayExists(text.slice(0, 10))) {
    throw new GraphQLError('A DateTime is written as in ISO 8601, with its zone: 2026-01-31T12:00:00.000Z.');
  }
  return date;
}

/** ISO 8601, UTC, milliseconds. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'A moment as in ISO 8601, in UTC with milliseconds: 2026-01-31T12:00:00.000Z.',
  serialize: (value) => serializeDateTime(value),
  parseValue: parseDateTime,
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : undefined),
});

/** The same scalar, of whose values no more is written than can be. */
const bounded = (scalar: GraphQLScalarType): GraphQLScalarType =>
  new GraphQLScalarType({
    ...scalar.toConfig(),
    serialize: (value) => scalar.serialize(withinDepth(value instanceof JsonText ? value.toJSON() : value)),
  });

export const JSONValue = bounded(GraphQLJSON);
export const JSONObject = bounded(GraphQLJSONObject);
