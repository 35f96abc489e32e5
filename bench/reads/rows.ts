import { createHash } from 'node:crypto';

/** The ids that fillReads() gave to the rows. */
export function idOf(kind: 'user' | 'session' | 'message', number: number | string): string {
  const hex = createHash('md5').update(`${kind} ${number}`).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export const globalId = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64url');

/** Numbers from 1 to n that look random and are the same in every run. */
export function seededNumbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 1 + Math.floor((state / 2 ** 32) * n);
  };
}
