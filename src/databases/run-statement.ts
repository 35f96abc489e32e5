import type pg from 'pg';
import { unavailable } from '../shared/errors.ts';
import type { Allowance } from '../shared/allowance.ts';
import type { Leaving } from '../shared/leaving.ts';
import { cancelStatement } from './cancel-statement.ts';
import { parserOf, type Form, type Parser } from './column-parsers.ts';
import { leavesConnection } from './database-errors.ts';
import type { TextsReader } from './patient-client.ts';
import { runAsViewer, type ReadFor } from './row-security/read-for.ts';
import type { Sent } from './texts-query.ts';

/** The operation that a statement is run for. */
export interface Asker {
  /** Ends the statement when nobody waits for it any more. */
  readonly leaving: Leaving | null;
  readonly allowance: Allowance;
}

/** A statement, and for whom it reads, behind the tables' own policies. */
interface SentFor extends Sent {
  readonly readFor?: ReadFor;
}

/** What comes in is counted before anything is made of it. */
const typesOf = (form: Form, allowance: Allowance | undefined): pg.CustomTypesConfig => ({
  getTypeParser(type: number): Parser {
    const parse = parserOf(form, type);
    return (value) => {
      allowance?.take(value);
      return parse === null ? value : parse(value);
    };
  },
});

export interface ReadOptions {
  readonly asker?: Asker;
  /** For what is always quick and must not hang. */
  readonly withinMs?: number;
}

/** Runs a statement on a connection of the pool, which comes back unless something may be wrong with it. */
export async function runStatement(
  pool: pg.Pool,
  statement: SentFor,
  form: Form,
  options: ReadOptions,
): Promise<unknown[]> {
  const leaving = options.asker?.leaving ?? null;
  if (hasLeft(leaving)) throw nobodyWaits();
  const client = await pool.connect();
  const cancelling = leaving === null ? null : new Cancelling(client, leaving);
  let isSpent = true;
  try {
    const rows = await rowsOf(client as Client, statement, form, options);
    isSpent = false;
    return rows;
  } catch (error) {
    isSpent = !leavesConnection(error);
    throw hasLeft(leaving) ? nobodyWaits() : error;
  } finally {
    cancelling?.stop();
    // A cancelled connection is not used again, because the server may take notice late.
    const isCancelled = cancelling?.isCancelled ?? false;
    client.release(isSpent || isCancelled || namesAreMany(client, statement.name));
  }
}

/** A client that sends ahead takes no queries but `pg`'s own. */
type Client = pg.PoolClient & TextsReader & { readonly pipeline: boolean };

async function rowsOf(
  client: Client,
  { readFor, ...statement }: SentFor,
  form: Form,
  { asker, withinMs }: ReadOptions,
): Promise<unknown[]> {
  const allowance = asker?.allowance;
  if (form === 'texts' && !client.pipeline) return client.texts(statement, allowance, withinMs);
  const types = typesOf(form, allowance);
  const query = { ...statement, types, ...(form === 'texts' && { rowMode: 'array' }), withinMs } as pg.QueryConfig;
  const { rows } = await (readFor === undefined ? client.query(query) : runAsViewer(client, query, readFor));
  return rows as unknown[];
}

const hasLeft = (leaving: Leaving | null): boolean => leaving !== null && leaving.hasLeft;

const nobodyWaits = (): Error => unavailable('The answer');

/** Stops what the client runs when nobody waits for it any more. */
class Cancelling {
  readonly #client: pg.PoolClient;
  readonly #leaving: Leaving;
  isCancelled = false;

  constructor(client: pg.PoolClient, leaving: Leaving) {
    this.#client = client;
    this.#leaving = leaving;
    leaving.onLeave(this.#cancel);
  }

  readonly #cancel = (): void => {
    this.isCancelled = true;
    cancelStatement(this.#client);
  };

  stop(): void {
    this.#leaving.forget(this.#cancel);
  }
}

/** Enough for what clients ask again and again; a server process keeps a plan for each, of some ten kilobytes. */
const maxNamesPerConnection = 300;
const namesOf = new WeakMap<object, Set<string>>();

/** A connection that has seen too many statements is replaced, which forgets them all. */
function namesAreMany(client: pg.PoolClient, name: string | undefined): boolean {
  if (name === undefined) return false;
  let names = namesOf.get(client);
  if (names === undefined) namesOf.set(client, (names = new Set()));
  names.add(name);
  return names.size >= maxNamesPerConnection;
}
