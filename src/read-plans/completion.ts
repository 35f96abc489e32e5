import { isListType, isNonNullType, type GraphQLOutputType } from 'graphql';
import { answerTooLarge, maxAnswerLength } from '../shared/allowance.ts';
import { listsAround, type Place } from './place.ts';
import { Failure, type Run } from './run.ts';

/** Writes a value as JSON text; the empty text where there can be none, which whoever holds the value must then say. */
export type Writer = (value: unknown, run: Run) => string;

/** Writes a value that is neither null nor a failure. */
export type InnerWriter = (place: Place) => Writer;

/**
 * Values of a type, as graphql-js completes them: a null or an error where none may be makes nothing of the value that
 * holds it, up to the next place that may be null.
 */
export function completion(type: GraphQLOutputType, place: Place, inner: InnerWriter): Writer {
  if (isNonNullType(type)) return nonNull(nullable(type.ofType, place, inner), place);
  const write = nullable(type, place, inner);
  return (value, run) => write(value, run) || 'null';
}

function nullable(type: GraphQLOutputType, place: Place, inner: InnerWriter): Writer {
  const write = isListType(type) ? list(type.ofType, place, inner) : inner(place);
  return (value, run) => {
    if (value === null || value === undefined) return 'null';
    if (value instanceof Failure) return run.fail(place, value.error);
    return write(value, run);
  };
}

function nonNull(write: Writer, place: Place): Writer {
  return (value, run) => {
    const text = write(value, run);
    if (text !== 'null') return text;
    return run.fail(place, new Error(`Cannot return null for non-nullable field ${place.coordinate}.`));
  };
}

function list(type: GraphQLOutputType, place: Place, inner: InnerWriter): Writer {
  const depth = listsAround(place);
  const write = completion(type, { ...place, path: [...place.path, { list: depth }] }, inner);
  return (value, run) => {
    const items = value as readonly unknown[];
    let text = '[';
    for (let index = 0; index < items.length; index += 1) {
      run.indexes[depth] = index;
      const item = write(items[index], run);
      if (item === '') return '';
      text += index === 0 ? item : `,${item}`;
      if (text.length > maxAnswerLength) throw answerTooLarge();
    }
    return `${text}]`;
  };
}

/** A scalar or enum: what its text cannot be made of is an error of the field. */
export const leafWriter =
  (leaf: (value: unknown) => string): InnerWriter =>
  (place) =>
  (value, run) => {
    try {
      return leaf(value);
    } catch (error) {
      return run.fail(place, error);
    }
  };

export interface FieldWriter {
  readonly key: string;
  readonly write: Writer;
}

/** An object: each field's writer is given the object. */
export function objectWriter(fields: readonly FieldWriter[]): Writer {
  const keys = fields.map(({ key }, index) => `${index === 0 ? '' : ','}${JSON.stringify(key)}:`);
  const writers = fields.map(({ write }) => write);
  return (object, run) => {
    let text = '{';
    for (let index = 0; index < writers.length; index += 1) {
      const value = (writers[index] as Writer)(object, run);
      if (value === '') return '';
      text += (keys[index] as string) + value;
    }
    return `${text}}`;
  };
}
