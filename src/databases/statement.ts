import { createHash } from 'node:crypto';
import type { Sql } from '../shared/sql.ts';

/** Names are made from texts, so that a statement is parsed and planned once per connection; see run-statement for how many. */
const names = new Map<string, string>();
const maxNames = 5000;

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    // Texts come from our own declarations, so they are few; the bound is for the case that this ever stops being true.
    if (names.size >= maxNames) names.clear();
    name = `sb_${createHash('sha1').update(text).digest('base64url')}`;
    names.set(text, name);
  }
  return name;
}

/** A statement as `pg` takes it: named, so it is prepared once per connection. */
export function namedStatement(statement: Pick<Sql, 'text' | 'values'>): {
  name: string;
  text: string;
  values: unknown[];
} {
  const text = statement.text;
  return { name: nameOf(text), text, values: statement.values };
}
