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
    return isTextDeeperThan(text, maxDepth) ? undefined : value;
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a text that is JSON, with what a later key of the same name hides: scrollback.asked_call_ids() sees texts alone. */
function isTextDeeperThan(text: string, levels: number): boolean {
  if (!opensMoreThan(text, levels)) return false;
  let depth = 0;
  let isString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') isString = !isString;
    else if (isString) at += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}

/** Whether it has more opening brackets, of which each wants a closing one. Most texts have few. */
function opensMoreThan(text: string, brackets: number): boolean {
  if (text.length <= 2 * brackets) return false;
  let opened = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      opened += 1;
      if (opened > brackets) return true;
    }
  }
  return false;
}

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
  opensMoreThan(text, maxDepth) ? JSON.stringify(withinDepth(JSON.parse(text))) : text;

function cutBelow(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return cut;
  if (Array.isArray(value)) return value.map((item) => cutBelow(item, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutBelow(item, levels - 1)]));
}
