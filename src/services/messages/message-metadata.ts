import { isRecord, jsonOrText } from '../../shared/json-text.ts';

/** A message's metadata as an object. What is not one stands under `value`, so that nothing is lost. */
export function metadataOf(text: string | null): Record<string, unknown> {
  if (text === null || text.trim() === '') return {};
  const value = jsonOrText(text);
  if (value === null) return {};
  return isRecord(value) ? value : { value };
}
