import { ScrollbackError } from './errors.ts';

/** What one answer may be made of, and what it may be, in characters. */
export const maxAnswerLength = 32 * 1024 * 1024;

export const answerTooLarge = (): ScrollbackError =>
  new ScrollbackError(
    'QUERY_TOO_COMPLEX',
    `An answer has at most ${maxAnswerLength} characters. Ask for smaller pages, or for fewer of the long texts.`,
    { reason: 'ANSWER_TOO_LARGE', maximum: maxAnswerLength },
  );

/** Counts what one operation reads, as it comes in, so that too much of it is never held. */
export class Allowance {
  #left = maxAnswerLength;

  take(text: string): string {
    this.#left -= text.length;
    if (this.#left < 0) throw answerTooLarge();
    return text;
  }
}
