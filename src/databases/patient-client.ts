import pg from 'pg';
import type { Allowance } from '../shared/allowance.ts';
import { settleSession } from './session-settings.ts';
import { TextsQuery, type Sent } from './texts-query.ts';

/** What a query says beside its text: how long it may take, in milliseconds. */
interface Timed {
  readonly withinMs?: number | undefined;
}

/** The message of the error by which a connection is given up that does not answer. */
export const silentConnection = 'The connection does not answer';

type Connected = (error: Error | null | undefined, ...rest: unknown[]) => void;

type Callback = (error: Error | null, result: pg.QueryResult) => void;

/** Reads rows as lists of texts. */
export interface TextsReader {
  texts(statement: Sent, allowance: Allowance | undefined, withinMs?: number): Promise<unknown[][]>;
}

/**
 * A client whose queries end after a while, answer or not, and the connection with them: its other end is gone without
 * a word. `pg` can do that itself; but its promises and its timers keep the rows of answers reachable past their use, so
 * that the collector copies them again and again, which is half of the processor time of reading a page.
 */
export function patientClient(withinMs: number | null): new (config?: pg.ClientConfig) => pg.Client & TextsReader {
  class PatientClient extends pg.Client implements TextsReader {
    override connect(...given: unknown[]): never {
      const [told] = given as [Connected?];
      const begin = super.connect.bind(this) as (...args: unknown[]) => unknown;
      if (told === undefined) return (begin() as Promise<void>).then(() => this.#settle()) as never;
      return begin((error: Error | null | undefined, ...rest: unknown[]) => {
        // Before anybody else's first query, which waits for it in the client.
        if (error == null) this.#settle();
        told(error, ...rest);
      }) as never;
    }

    #settle(): void {
      super.query(settleSession, () => undefined);
    }

    override query(...given: unknown[]): never {
      const [config, values, callback] = given as [pg.QueryConfig & Timed, unknown[] | Callback, Callback?];
      const send = super.query.bind(this) as (...args: unknown[]) => unknown;
      const isOwn = typeof values === 'function' || callback !== undefined || 'submit' in Object(config);
      return (isOwn ? send(...given) : this.#ask(send, config, values, config.withinMs ?? withinMs)) as never;
    }

    texts(statement: Sent, allowance: Allowance | undefined, ms = withinMs): Promise<unknown[][]> {
      return new Promise((resolve, reject) => {
        const late = ms === null ? undefined : setTimeout(() => this.#giveUp(reject), ms);
        const query = new TextsQuery(statement, allowance, (error, rows) => {
          clearTimeout(late);
          if (error === null) resolve(rows);
          else reject(error);
        });
        this.query(query);
      });
    }

    #ask(
      send: (...args: unknown[]) => unknown,
      config: pg.QueryConfig,
      values: unknown[] | undefined,
      ms: number | null,
    ): Promise<pg.QueryResult> {
      return new Promise((resolve, reject) => {
        const late = ms === null ? undefined : setTimeout(() => this.#giveUp(reject), ms);
        send(config, values, (error: Error | null, result: pg.QueryResult) => {
          clearTimeout(late);
          if (error === null) resolve(result);
          else reject(error);
        });
      });
    }

    /** Whoever else waits for this connection is told, too. */
    #giveUp(reject: (error: Error) => void): void {
      reject(new Error(silentConnection));
      (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    }
  }
  return PatientClient;
}
