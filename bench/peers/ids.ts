export const globalId = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64url');

export function keyOf(id: string): string {
  const text = Buffer.from(id, 'base64url').toString();
  return text.slice(text.indexOf(':') + 1);
}

/** A cursor that names a place, as small as it can be; ours are signed and bound to the list. */
export const cursorOf = (...place: readonly unknown[]): string => Buffer.from(place.join(' ')).toString('base64url');
