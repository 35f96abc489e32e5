import type { FormattedExecutionResult } from 'graphql';
import { JsonText } from '../shared/json-text.ts';
import { answerTooLarge, maxAnswerLength } from '../shared/allowance.ts';

/** Data that is text already is not parsed to be printed again: on a page of 50 messages that is most of the work. */
export function stringifyAnswer(answer: FormattedExecutionResult): string {
  const text = textOf(answer);
  if (text.length <= maxAnswerLength) return text;
  const { message, code, details } = answerTooLarge();
  return JSON.stringify({ errors: [{ message, extensions: { ...details, code } }], data: null });
}

function textOf({ data, ...rest }: FormattedExecutionResult): string {
  if (!((data as unknown) instanceof JsonText)) return JSON.stringify({ ...rest, data });
  const { text } = data as unknown as JsonText;
  const { errors, ...others } = rest;
  const before = errors === undefined ? '' : `"errors":${JSON.stringify(errors)},`;
  const after = JSON.stringify(others);
  return `{${before}"data":${text}${after === '{}' ? '' : `,${after.slice(1, -1)}`}}`;
}
