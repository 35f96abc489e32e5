import { isRecord, jsonOrText } from '../../shared/json-text.ts';

/** One call as the text of a message's tool calls asks for it. */
export class AskedCall {
  /** The id that the model gave it; null where there is none to read. */
  readonly callId: string | null;
  readonly name: string | null;
  readonly #element: unknown;
  readonly #called: Record<string, unknown> | null;

  constructor(element: unknown, id: unknown) {
    const isCall = isRecord(element);
    const called = isCall && isRecord(element['function']) ? element['function'] : element;
    this.#element = element;
    this.#called = isCall ? (called as Record<string, unknown>) : null;
    this.callId = callIdOf(id);
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
 * scrollback.asked_call_ids() reads the same ids.
 */
export function askedCallsOf(text: string | null): AskedCall[] {
  if (text === null || !notBlank.test(text)) return [];
  const value = jsonOrText(text);
  if (value === null) return [];
  const elements = listOf(value);
  const hasNumbers = elements.some((element) => typeof idIn(element) === 'number');
  const withIds = hasNumbers ? listOf(JSON.parse(text, numberedIdAsWritten)) : elements;
  return elements.map((element, index) => new AskedCall(element, idIn(withIds[index])));
}

/** White space is what JSON has for it, here as in PostgreSQL. */
const notBlank = /[^ \t\n\r]/;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const idIn = (element: unknown): unknown => (isRecord(element) ? element['id'] : undefined);

/** A long number would lose digits and 1.0 its zero, but answers are for the id that the message spells. */
const numberedIdAsWritten = (key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  key === 'id' && typeof value === 'number' ? context?.source : value;

/** PostgreSQL's text has no NUL and no half of a surrogate pair: there U+FFFD stands for them, as it does in UTF-8. */
function callIdOf(id: unknown): string | null {
  return typeof id === 'string' && id !== '' ? id.replaceAll('\0', '\ufffd').toWellFormed() : null;
}

const nameOf = (name: unknown): string | null => (typeof name === 'string' && name !== '' ? name : null);

/** The content of a TOOL message as a call's result. */
export const resultOf = (content: string | null): unknown => (content === null ? null : jsonOrText(content));
