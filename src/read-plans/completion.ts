import { isListType, isNonNullType, type GraphQLOutputType } from 'graphql';
import { answerTooLarge, maxAnswerLength } from '../shared/allowance.ts';
import { listsAround, type Place } from './place.ts';
import { Failure, type Run } from './run.ts';
import type { WriterBody, WriterCode, WriterName } from './writer-code.ts';

/** Writes a value of a place that is neither null nor a failure. */
export type InnerWriter = (place: Place) => WriterBody;

/**
 * Values of a type, as graphql-js completes them: a null or an error where none may be makes nothing of the value that
 * holds it, up to the next place that may be null.
 */
export function completion(code: WriterCode, type: GraphQLOutputType, place: Place, inner: InnerWriter): WriterName {
  if (!isNonNullType(type)) return code.add(`return ${nullable(code, type, place, inner)}(value, run) || 'null';`);
  return code.add(`const text = ${nullable(code, type.ofType, place, inner)}(value, run);
return text === 'null' ? ${code.constant(missing)}(run, ${code.constant(place)}) : text;`);
}

function nullable(code: WriterCode, type: GraphQLOutputType, place: Place, inner: InnerWriter): WriterName {
  return code.add(`if (value === null || value === undefined) return 'null';
if (value instanceof ${code.constant(Failure)}) return run.fail(${code.constant(place)}, value.error);
${isListType(type) ? list(code, type.ofType, place, inner) : inner(place)}`);
}

const missing = (run: Run, place: Place): string =>
  run.fail(place, new Error(`Cannot return null for non-nullable field ${place.coordinate}.`));

function list(code: WriterCode, type: GraphQLOutputType, place: Place, inner: InnerWriter): WriterBody {
  const depth = listsAround(place);
  const write = completion(code, type, { ...place, path: [...place.path, { list: depth }] }, inner);
  return `let text = '[';
for (let index = 0; index < value.length; index += 1) {
  run.indexes[${depth}] = index;
  const item = ${write}(value[index], run);
  if (item === '') return '';
  text += index === 0 ? item : ',' + item;
  if (text.length > ${maxAnswerLength}) throw ${code.constant(answerTooLarge)}();
}
return text + ']';`;
}

/** A scalar or enum: what its text cannot be made of is an error of the field. */
export const leafWriter =
  (code: WriterCode, leaf: (value: unknown) => string): InnerWriter =>
  (place) =>
    `try {
  return ${code.constant(leaf)}(value);
} catch (error) {
  return run.fail(${code.constant(place)}, error);
}`;

export interface FieldWriter {
  readonly key: string;
  /** An expression of the field's text, given one of the object. */
  readonly text: (object: string) => string;
}

/** An object: each field's text is made of it. */
export function objectWriter(fields: readonly FieldWriter[]): WriterBody {
  const parts = fields.map(
    ({ key, text }, index) => `part = ${text('value')};
if (part === '') return '';
text += ${JSON.stringify(`${index === 0 ? '' : ','}${JSON.stringify(key)}:`)} + part;`,
  );
  return `let text = '{', part;\n${parts.join('\n')}\nreturn text + '}';`;
}
