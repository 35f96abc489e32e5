import { StartupError } from './errors.ts';

const secondsOf = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

/** Seconds of a duration as people write it: `30s`, `15m`, `1h`, `7d`. */
export function parseDuration(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text.trim()) ?? [];
  const seconds = Number(amount) * (secondsOf.get(unit) ?? 0);
  if (seconds === 0) throw new StartupError(`"${text}" is not a duration; write it like 30s, 15m, 1h or 7d.`);
  return seconds;
}
