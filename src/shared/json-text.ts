/** A value as its JSON text: what is only to be written again is not worth parsing. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** Columns that hold JSON as text hold whatever their writers put there: it is data, and reading it never fails. */

/** More levels than any honest value has, and few enough for everything that walks values by recursion. */
const maxDepth = 200;

/** The value that the text spells; the text itself where it spells none. */
export function jsonOrText(text: string): unknown {
  const value = jsonOf(text);
  return value === undefined ? text : value;
}

/** The value that the text spells; undefined where it spells none, or one too deep to be written again. */
export function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isDeeperThan(value, maxDepth) ? undefined : value;
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/** Stands where a value goes on deeper than answers can be written. */
const cut = '… (nested too deeply)';

/** The value, cut where it is too deep to be written: other services may store such, and it must not fail a whole answer. */
export const withinDepth = (value: unknown): unknown =>
  isDeeperThan(value, maxDepth) ? cutBelow(value, maxDepth) : value;

/** The same for a value's text, of which few have enough brackets to be worth reading. */
export const textWithinDepth = (text: string): string =>
  text.length <= 2 * maxDepth || (text.match(/[[{]/g)?.length ?? 0) <= maxDepth
    ? text
    : JSON.stringify(withinDepth(JSON.parse(text)));

function cutBelow(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return cut;
  if (Array.isArray(value)) return value.map((item) => cutBelow(item, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutBelow(item, levels - 1)]));
}
