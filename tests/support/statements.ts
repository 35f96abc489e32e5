import type { Client, Pool } from 'pg';
import type { Database } from '../../src/databases/database.ts';

/** Texts of the statements that went to a database since the last `take`. */
export interface Statements {
  take(): string[];
}

interface Sent {
  readonly database: string | undefined;
  readonly text: string;
}
type Send = (this: Client, ...given: [string | { readonly text: string }, ...unknown[]]) => unknown;

const all: Sent[] = [];
const heard = new WeakSet<object>();

/** Notes every statement that this process sends to the database from now on, transactions' own ones too. */
export async function noteStatements(database: Database, name: string): Promise<Statements> {
  // Each database has a class of clients of its own, which is found at its pool.
  const pool = (await database.orm.em.getConnection().getNativeClient()) as Pool & { Client: typeof Client };
  const { prototype } = pool.Client;
  if (!heard.has(prototype)) listenTo(prototype);
  heard.add(prototype);
  let from = all.length;
  return {
    take() {
      const taken = all.slice(from).filter((statement) => statement.database === name);
      from = all.length;
      return taken.map(({ text }) => text);
    },
  };
}

function listenTo(prototype: { query: Send }): void {
  const { query } = prototype;
  prototype.query = function (...given) {
    const [first] = given;
    all.push({ database: this.database, text: typeof first === 'string' ? first : first.text });
    return query.apply(this, given);
  };
}
