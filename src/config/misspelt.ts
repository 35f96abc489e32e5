import { settingNames } from './settings.ts';

/** What nobody else's variables begin with. */
const ourPrefixes = [
  'AGENT_RUNTIME_',
  'AUTH_',
  'SCROLLBACK',
  'LIVE_',
  'CURSOR_',
  'DB_',
  'METRICS_',
  'NATS_',
  'RATE_LIMIT_',
  'OVERLOAD_',
];

/** What settings begin with, and variables of other programs may as well. */
const firstWords = new Set(settingNames.flatMap((name) => /^[A-Z]+_/.exec(name) ?? []));

/** What docker-compose.yml takes from the same file. */
const forCompose = /^(SCROLLBACK_(OWNER|GATEWAY|ANALYTICS|AUDITOR)|POSTGRES|PGADMIN)_(PASSWORD|EMAIL)$/;

/** Names that are shorter are near to anything; in an environment even more so. */
const [tellingLength, tellingLengthInEnvironment] = [6, 8];

/**
 * One sentence for each variable that looks like a setting and is none; values are never quoted. The settings' own file
 * holds little else, so there a name is looked at more closely than in an environment that all programs share.
 */
export function warnOfMisspelt(inEnvironment: readonly string[], inFile: readonly string[]): string[] {
  const suspect = (name: string): boolean =>
    ourPrefixes.some((prefix) => name.startsWith(prefix)) ||
    (name.length >= tellingLengthInEnvironment && nearestTo(name).distance <= 2) ||
    (inFile.includes(name) && (firstWords.has(/^[A-Za-z]+_/.exec(name)?.[0].toUpperCase() ?? '') || isNear(name)));
  const known: readonly string[] = settingNames;
  return [...new Set([...inFile, ...inEnvironment])]
    .filter((name) => !known.includes(name) && !forCompose.test(name) && suspect(name))
    .map((name) => `${name} is not a setting and has no effect${suggestionFor(name)}`);
}

const isNear = (name: string): boolean => name.length >= tellingLength && nearestTo(name).distance <= 3;

const suggestionFor = (name: string): string => (isNear(name) ? `; did you mean ${nearestTo(name).candidate}?` : '');

/** Letters of the wrong case are no distance, and no setting either. */
function nearestTo(name: string): { readonly candidate: string; readonly distance: number } {
  const distances = settingNames.map((candidate) => ({
    candidate,
    distance: editDistance(name.toUpperCase(), candidate),
  }));
  return distances.reduce((one, other) => (other.distance < one.distance ? other : one));
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
