import { reasonOf } from '../reason-of.ts';

/** What one check found. A warning may stay as it is; with a problem something does not work. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  readonly about: string;
  /** What is so and, where it should not be, what to do. */
  readonly text: string;
}

type Found = (about: string, text: string) => Finding;

export const ok: Found = (about, text) => ({ level: 'ok', about, text });
export const warning: Found = (about, text) => ({ level: 'warning', about, text });
export const problem: Found = (about, text) => ({ level: 'problem', about, text });

export const lineOf = ({ level, about, text }: Finding): string => `${level.padEnd(8)} ${about.padEnd(14)} ${text}\n`;

/** A check that fails in a way that nobody foresaw is a finding too. */
export async function foundBy(
  about: string,
  check: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return [await check()].flat();
  } catch (error) {
    return [problem(about, reasonOf(error))];
  }
}
