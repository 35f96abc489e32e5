import { isDeepStrictEqual } from 'node:util';

/**
 * What an answer says, apart from its spelling: global ids as the keys of the tables, enum values in lower case,
 * moments as milliseconds, cursors left out (each server has its own, and ours are signed).
 */
export function plainAnswer(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainAnswer);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'cursor' && name !== 'startCursor' && name !== 'endCursor')
      .map(([name, inner]) => [name, plainField(name, inner)] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function plainField(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return plainAnswer(value);
  if (name === 'id') return keyOf(value);
  if (name === 'role') return value.toLowerCase();
  return name.endsWith('At') ? new Date(value).getTime() : value;
}

const keyOf = (id: string): string =>
  /^(?:Session|Message|AuditLog):(.+)$/.exec(Buffer.from(id, 'base64url').toString())?.[1] ?? id;

/** Past the fields on the way to the list or row: PostGraphile knows one database, and so no user around the sessions. */
export function innermost(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [only, ...others] = Object.values(value) as unknown[];
  return others.length === 0 ? innermost(only) : value;
}

/** Where two answers part, and what each of them says there; null where they are the same. */
export function difference(one: unknown, other: unknown, path = ''): string | null {
  if (isDeepStrictEqual(one, other)) return null;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return `${path}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`;
  }
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const name of names) {
    const found = difference((one as Fields)[name], (other as Fields)[name], `${path}.${name}`);
    if (found !== null) return found;
  }
  return path;
}

type Fields = Readonly<Record<string, unknown>>;
