import { badInput } from '../shared/errors.ts';

/** Global ids are `Type:key` in base64url; clients treat them as opaque. */
export function globalId(type: string, key: string): string {
  const text = `${type}:${key}`;
  if (!plainKey.test(key)) return Buffer.from(text).toString('base64url');
  return btoa(text).slice(0, Math.ceil((text.length * 4) / 3));
}

/** Of these characters base64 needs neither + nor /; without a buffer for each id it takes half the time. */
const plainKey = /^[\w:.-]*$/;

const shape = /^([A-Z][A-Za-z]+):(.+)$/s;

/** The parts of a global id; null for anything else, a bare database id among them. */
export function parseGlobalId(id: string): { readonly type: string; readonly key: string } | null {
  const decoded = Buffer.from(id, 'base64url');
  if (decoded.toString('base64url') !== id) return null;
  const match = shape.exec(decoded.toString());
  return match === null ? null : { type: match[1] as string, key: match[2] as string };
}

/** The database id that an argument means: a global id of the type, or the database id itself. */
export function bareId(type: string, id: string, isType: (name: string) => boolean): string {
  const parsed = parseGlobalId(id);
  if (parsed === null || !isType(parsed.type)) return id;
  if (parsed.type !== type) {
    throw badInput(`This is the id of a ${parsed.type}, not of a ${type}.`, {
      expectedType: type,
      actualType: parsed.type,
    });
  }
  return parsed.key;
}
