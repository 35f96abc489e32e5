import { settingNames } from './settings.ts';

const ourPrefixes = [
  'AGENT_RUNTIME_',
  'AUTH_',
  'SCROLLBACK_',
  'LIVE_',
  'CURSOR_',
  'DB_',
  'METRICS_',
  'NATS_',
  'RATE_LIMIT_',
];

/** One sentence for each variable that looks like a setting and is none; values are never quoted. */
export function warnOfMisspelt(names: readonly string[]): string[] {
  const known: readonly string[] = settingNames;
  return names
    .filter((name) => !known.includes(name) && ourPrefixes.some((prefix) => name.startsWith(prefix)))
    .map((name) => `${name} is not a setting and has no effect${suggestionFor(name)}`);
}

function suggestionFor(name: string): string {
  const [nearest] = settingNames
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= 3 ? `; did you mean ${nearest.candidate}?` : '';
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
