import { jsonOf } from '../../shared/json-text.ts';

/** A client's grant types: a JSON list of names, or names with spaces or commas between them. */
export function grantTypesOf(text: string | null): string[] {
  const value = jsonOf(text ?? '');
  if (Array.isArray(value)) return value.map((name) => (typeof name === 'string' ? name : JSON.stringify(name)));
  const names = typeof value === 'string' ? value : (text ?? '');
  return names.split(/[\s,]+/).filter((name) => name !== '');
}
