import { isRecord, jsonOrText } from '../../shared/json-text.ts';

/** One call as the text of a message's tool calls asks for it. */
export interface AskedCall {
  /** The id that the model gave it; null where there is none to read. */
  readonly callId: string | null;
  readonly name: string | null;
  readonly arguments: unknown;
}

/**
 * The calls that a message asks for, from its column of JSON text. Every element of the list is a call, whatever its
 * shape, and so is a text that is no JSON: what cannot be read as a call comes back whole as its arguments.
 * scrollback.asked_call_ids() counts by the same rule.
 */
export function askedCallsOf(text: string | null): AskedCall[] {
  if (text === null || text.trim() === '') return [];
  const value = jsonOrText(text);
  if (value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(askedCallOf);
}

function askedCallOf(element: unknown): AskedCall {
  if (!isRecord(element)) return { callId: null, name: null, arguments: element };
  const called = isRecord(element['function']) ? element['function'] : element;
  return {
    callId: callIdOf(element['id']),
    name: nameOf(called['name']),
    arguments: argumentsOf(called, element),
  };
}

/** PostgreSQL's text has no NUL, so nothing there can have such an id. */
function callIdOf(id: unknown): string | null {
  const text = typeof id === 'number' ? String(id) : id;
  return typeof text === 'string' && text !== '' && !text.includes('\0') ? text : null;
}

const nameOf = (name: unknown): string | null => (typeof name === 'string' && name !== '' ? name : null);

function argumentsOf(called: Record<string, unknown>, element: Record<string, unknown>): unknown {
  const given = called['arguments'];
  if (typeof given === 'string') return given === '' ? null : jsonOrText(given);
  if (given !== undefined) return given;
  return nameOf(called['name']) === null ? element : null;
}

/** The content of a TOOL message as a call's result. */
export const resultOf = (content: string | null): unknown => (content === null ? null : jsonOrText(content));
