import { join, sql } from '../../shared/sql.ts';
import type { Database } from '../../databases/database.ts';

export interface RegisteredDocument {
  readonly id: string;
  readonly body: string;
}

export interface RegisteredId {
  readonly id: string;
  readonly length: number;
  readonly registeredAt: Date;
}

const maxRemembered = 10_000;
const perStatement = 500;
/** For so long an id that is not registered is not asked for again. */
const absenceMs = 1_000;

/** Documents that were registered for clients, by id. What an id means never changes. */
export class RegisteredDocuments {
  readonly #database: Database;
  readonly #known = new Map<string, string>();
  #absent = new Set<string>();
  #absentSince = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  async textOf(id: string): Promise<string | undefined> {
    const known = this.#known.get(id);
    if (known !== undefined || id.includes('\0') || this.#isAbsent(id)) return known;
    const [row] = await this.#database.query<{ body: string }>(
      sql`SELECT body FROM scrollback.registered_documents WHERE id = ${id}`,
    );
    if (row === undefined) this.#noteAbsent(id);
    else this.#remember(id, row.body);
    return row?.body;
  }

  /** Adds those that are not there yet; returns the ids that are taken by another text, for which nothing was added. */
  async add(documents: readonly RegisteredDocument[]): Promise<{ added: number; taken: string[] }> {
    const present = new Map<string, string>();
    for (const part of partsOf(documents)) {
      const ids = part.map(({ id }) => id);
      const rows = await this.#database.query<RegisteredDocument>(
        sql`SELECT id, body FROM scrollback.registered_documents WHERE id = ANY(${ids})`,
      );
      for (const { id, body } of rows) present.set(id, body);
    }
    const taken = documents.filter(({ id, body }) => present.has(id) && present.get(id) !== body).map(({ id }) => id);
    if (taken.length > 0) return { added: 0, taken };
    const missing = documents.filter(({ id }) => !present.has(id));
    for (const part of partsOf(missing)) {
      const values = part.map(({ id, body }) => sql`(${id}, ${body})`);
      await this.#database.query(
        sql`INSERT INTO scrollback.registered_documents (id, body) VALUES ${join(values)} ON CONFLICT (id) DO NOTHING`,
      );
    }
    return { added: missing.length, taken };
  }

  async list(): Promise<RegisteredId[]> {
    return this.#database.query<RegisteredId>(
      sql`SELECT id, length(body) AS length, registered_at AS "registeredAt"
        FROM scrollback.registered_documents ORDER BY registered_at, id`,
    );
  }

  #isAbsent(id: string): boolean {
    if (Date.now() - this.#absentSince > absenceMs) {
      this.#absent = new Set();
      this.#absentSince = Date.now();
    }
    return this.#absent.has(id);
  }

  #noteAbsent(id: string): void {
    if (this.#absent.size < maxRemembered) this.#absent.add(id);
  }

  #remember(id: string, body: string): void {
    const oldest = this.#known.keys().next();
    if (this.#known.size >= maxRemembered && oldest.done === false) this.#known.delete(oldest.value);
    this.#known.set(id, body);
  }
}

const partsOf = <Item>(items: readonly Item[]): Item[][] =>
  Array.from({ length: Math.ceil(items.length / perStatement) }, (_, index) =>
    items.slice(index * perStatement, (index + 1) * perStatement),
  );
