import { isRecord, jsonOrText } from '../../shared/json-text.ts';

/** One call as the text of a message's tool calls asks for it. */
export class AskedCall {
  /** The id that the model gave it; null where there is none to read. */
  readonly callId: string | null;
  readonly name: string | null;
  readonly #element: unknown;
  readonly #called: Record<string, unknown> | null;

  constructor(element: unknown) {
    const isCall = isRecord(element);
    const called = isCall && isRecord(element['function']) ? element['function'] : element;
    this.#element = element;
    this.#called = isCall ? (called as Record<string, unknown>) : null;
    this.callId = isCall ? callIdOf(element['id']) : null;
    this.name = this.#called === null ? null : nameOf(this.#called['name']);
  }

  /** Read when they are asked for: they are a text of their own, and a record may know them better. */
  get arguments(): unknown {
    if (this.#called === null) return this.#element;
    const given = this.#called['arguments'];
    if (typeof given === 'string') return given === '' ? null : jsonOrText(given);
    if (given !== undefined) return given;
    return this.name === null ? this.#element : null;
  }
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
  return (Array.isArray(value) ? value : [value]).map((element) => new AskedCall(element));
}

/** PostgreSQL's text has no NUL, so nothing there can have such an id. */
function callIdOf(id: unknown): string | null {
  const text = typeof id === 'number' ? String(id) : id;
  return typeof text === 'string' && text !== '' && !text.includes('\0') ? text : null;
}

const nameOf = (name: unknown): string | null => (typeof name === 'string' && name !== '' ? name : null);

/** The content of a TOOL message as a call's result. */
export const resultOf = (content: string | null): unknown => (content === null ? null : jsonOrText(content));
