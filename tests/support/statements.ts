import type { Client, Pool } from 'pg';
import type { Database } from '../../src/databases/database.ts';

/** Texts of the statements that went to a database since the last `take`. */
export interface Statements {
  take(): string[];
}

/** Notes what is sent on every connection of the database's pool; to be called before the first one is made. */
export async function noteStatements(database: Database): Promise<Statements> {
  const pool = (await database.orm.em.getConnection().getNativeClient()) as Pool;
  let texts: string[] = [];
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((...given: unknown[]) => {
      const [first] = given as [string | { text: string }];
      texts.push(typeof first === 'string' ? first : first.text);
      return query(...given);
    }) as Client['query'];
  });
  return {
    take() {
      const taken = texts;
      texts = [];
      return taken;
    },
  };
}
