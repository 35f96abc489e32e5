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

const keyOf = (id: string): string => /^[A-Za-z]+:(.+)$/.exec(Buffer.from(id, 'base64url').toString())?.[1] ?? id;
