import type { Values } from './documents.ts';
import type { Reference } from './reference.ts';

const marks = /«(\w+):([^»]+)»/g;
const globalId = /^([A-Z][A-Za-z]+):(.+)$/s;
const userId = /^(default|acme|umbrella)-\d$/;

/** What is asked of a reference. */
export type Sight = Pick<Reference, 'person' | 'sees' | 'list' | 'messagesIn'>;

type Json = Readonly<Record<string, unknown>>;

/** What an answer gives away that its reader may not see; nothing for an honest one. */
export class Scan {
  readonly problems: string[] = [];
  /** How many things were looked at. */
  looked = 0;
  readonly #reference: Sight;
  readonly #filter: Values;

  constructor(reference: Sight, filter: Values = {}) {
    this.#reference = reference;
    this.#filter = filter;
  }

  /** `rootType` is where the answer's fields are from. */
  answer(answer: unknown, rootType: string): string[] {
    const { data, errors } = answer as { data?: Json | null; errors?: unknown };
    if (data !== null && data !== undefined) this.#object(data, rootType, null);
    this.#value('errors', errors ?? null, 'errors', null);
    return this.problems;
  }

  #object(object: Json, type: string, id: string | null): void {
    for (const [alias, value] of Object.entries(object)) {
      const name = alias.slice(alias.lastIndexOf('_') + 1);
      this.#list(`${type}.${name}`, id, value);
      this.#number(type, id, name, value);
      this.#value(name, value, type, id);
    }
  }

  #value(name: string, value: unknown, type: string, id: string | null): void {
    if (typeof value === 'string') this.#text(name, value);
    else if (Array.isArray(value)) for (const item of value) this.#value(name, item, type, id);
    else if (typeof value === 'object' && value !== null) {
      const object = value as Json;
      const ownType = typeof object['__typename'] === 'string' ? object['__typename'] : type;
      this.#object(object, ownType, keyOf(object['id']) ?? null);
    }
  }

  #text(name: string, text: string): void {
    for (const [, kind, id] of text.matchAll(marks)) this.#thing(kind as string, id as string, name);
    const decoded = globalId.exec(Buffer.from(text, 'base64url').toString());
    if (decoded !== null && Buffer.from(decoded[0]).toString('base64url') === text)
      this.#thing(decoded[1] as string, decoded[2] as string, name);
    if (userId.test(text)) this.#thing('User', text, name);
    const { tenantId } = this.#reference.person;
    if (name === 'tenantId' && !this.#reference.person.scopes.includes('api:admin') && text !== tenantId) {
      this.problems.push(`${name} is ${text}, of another tenant`);
    }
  }

  #thing(kind: string, id: string, where: string): void {
    this.looked += 1;
    if (!this.#reference.sees(kind, id)) this.problems.push(`${where} shows ${kind} ${id}`);
  }

  /** A list must have what the reference says: no row more, and no row less. */
  #list(path: string, parentId: string | null, value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { nodes, totalCount, pageInfo } = value as {
      nodes?: Json[];
      totalCount?: number;
      pageInfo?: { hasNextPage: boolean };
    };
    if (totalCount === undefined) return;
    const expected = this.#reference.list(path, parentId, path.startsWith('Query.') ? this.#filter : {});
    if (expected === null) return;
    this.looked += 1;
    if (totalCount !== expected.length)
      this.problems.push(`${path} of ${String(parentId)} counts ${totalCount} and not ${expected.length}`);
    if (nodes === undefined || pageInfo?.hasNextPage === true) return;
    const shown = new Set(nodes.map((node) => keyOf(node['id'])));
    const missing = expected.filter((id) => !shown.has(id));
    if (missing.length > 0) this.problems.push(`${path} of ${String(parentId)} lacks ${missing.join()}`);
  }

  #number(type: string, id: string | null, name: string, value: unknown): void {
    if (type !== 'Session' || id === null || name !== 'messageCount') return;
    this.looked += 1;
    if (value !== this.#reference.messagesIn(id)) this.problems.push(`messageCount of ${id} is ${String(value)}`);
  }
}

const keyOf = (id: unknown): string | undefined =>
  typeof id === 'string' ? globalId.exec(Buffer.from(id, 'base64url').toString())?.[2] : undefined;

/** Of two answers to compare: without what differs from call to call, and without the words that were asked with. */
export function comparable(answer: unknown, given: readonly string[]): string {
  return JSON.stringify(answer, (name, value: unknown) => {
    if (name === 'incidentId' || name === 'editedAt') return '#';
    if (typeof value !== 'string') return value;
    if (given.some((word) => value === word || Buffer.from(value, 'base64url').toString().endsWith(`:${word}`)))
      return '#given';
    if (/^\d{4}-\d\d-\d\dT/.test(value)) return '#time';
    if (name === 'id' || name.endsWith('Id') || name.endsWith('Cursor') || name === 'cursor') return '#id';
    return value;
  });
}
