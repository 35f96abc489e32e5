import { badInput } from '../../shared/errors.ts';

/** Checks of what clients send, so that they hear which argument is wrong, and how, before PostgreSQL refuses it. */

const maxDepth = 100;

/** PostgreSQL stores neither NUL nor half a surrogate pair. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const isLongerThan = (text: string, maximum: number): boolean => text.length > maximum && [...text].length > maximum;

export function checkText(argument: string, text: string | null | undefined, maximum?: number): void {
  if (text == null) return;
  if (!isStorable(text)) {
    throw badInput(`\`${argument}\` has a character that cannot be stored: NUL or half of a surrogate pair.`, {
      argument,
    });
  }
  if (maximum !== undefined && isLongerThan(text, maximum)) {
    throw badInput(`\`${argument}\` is too long: at most ${maximum} characters.`, { argument, maximum });
  }
}

export function checkRequiredText(argument: string, text: string, maximum: number): void {
  if (text.trim() === '') throw badInput(`\`${argument}\` must not be empty.`, { argument });
  checkText(argument, text, maximum);
}

export const maxIdLength = 36;

/** An id that a client chose for a new row. */
export function checkNewId(argument: string, id: string | null | undefined): void {
  if (id == null) return;
  if (id === '' || isLongerThan(id, maxIdLength) || /\p{C}/u.test(id)) {
    throw badInput(`\`${argument}\` must have 1 to ${maxIdLength} characters, none of them control characters.`, {
      argument,
    });
  }
}

/** Whether there can be a row with this id at all; ids that cannot be are answered like ids that are not. */
export const isPossibleId = (id: string): boolean => isStorable(id) && !isLongerThan(id, maxIdLength);

export function checkNotNegative(argument: string, value: number | null | undefined): void {
  if (value != null && value < 0) throw badInput(`\`${argument}\` must not be negative.`, { argument });
}

export function checkJson(argument: string, value: unknown, depth = 1): void {
  if (depth > maxDepth)
    throw badInput(`\`${argument}\` is nested too deeply: at most ${maxDepth} levels.`, { argument });
  if (typeof value === 'string') checkText(argument, value);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    checkText(argument, key);
    checkJson(argument, item, depth + 1);
  }
}
