import pg from 'pg';
import { unavailable } from '../shared/errors.ts';
import type { Allowance } from '../shared/allowance.ts';
import { cancelStatement } from './cancel-statement.ts';
import { leavesConnection } from './database-errors.ts';
import { runAsViewer, type ReadFor } from './row-security/read-for.ts';

/** The operation that a statement is run for. */
export interface Asker {
  /** Ends the statement when nobody waits for it any more. */
  readonly signal: AbortSignal | null;
  readonly allowance: Allowance;
}

/** Without a name it is not prepared. */
interface Sent {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
  /** For whom it reads, behind the tables' own policies. */
  readonly readFor?: ReadFor;
}

type Parser = (text: string) => unknown;

const [int8, numeric] = [20, 1700];

/** Counts and log numbers stay far below 2^53; money is not kept here. */
const numbers = new Set([int8, numeric]);

const [bool, bytea, int2, int4, float4, float8] = [16, 17, 21, 23, 700, 701];
const [text, json, bpchar, varchar, timestamptz, uuid, jsonb] = [25, 114, 1042, 1043, 1184, 2950, 3802];

/** What `pg` would make numbers, dates and objects of, only for JSON text to be made of those again. */
const printed = new Set(
  [bool, bytea, int2, int4, int8, float4, float8, numeric].concat([
    text,
    json,
    bpchar,
    varchar,
    timestamptz,
    uuid,
    jsonb,
  ]),
);

const parserOf = (type: number): Parser =>
  numbers.has(type) ? Number : (pg.types.getTypeParser(type, 'text') as Parser);

/** How rows come: as objects of values, or as lists of PostgreSQL's own texts where these can be written on as they are. */
export type Form = 'objects' | 'texts';

/** The parsers of a form; what comes in is counted before anything is made of it. */
function typesOf(form: Form, allowance: Allowance | undefined): pg.CustomTypesConfig {
  const take = (value: string): string => allowance?.take(value) ?? value;
  const getTypeParser = (type: number): Parser => {
    if (form === 'texts' && printed.has(type)) return take;
    const parse = parserOf(type);
    return (value) => parse(take(value));
  };
  return { getTypeParser };
}

export interface ReadOptions {
  readonly asker?: Asker;
  /** For what is always quick and must not hang. */
  readonly withinMs?: number;
}

/** Runs a statement on a connection of the pool, which comes back unless something may be wrong with it. */
export async function runStatement(
  pool: pg.Pool,
  { readFor, ...statement }: Sent,
  form: Form,
  { asker, withinMs }: ReadOptions,
): Promise<unknown[]> {
  const signal = asker?.signal ?? null;
  if (hasLeft(signal)) throw nobodyWaits();
  const client = await pool.connect();
  const query = {
    ...statement,
    types: typesOf(form, asker?.allowance),
    ...(form === 'texts' && { rowMode: 'array' }),
    withinMs,
  } as pg.QueryConfig;
  const cancelling = signal === null ? null : new Cancelling(client, signal);
  let isSpent = true;
  try {
    const running = readFor === undefined ? client.query(query) : runAsViewer(client, query, readFor);
    const { rows } = await running;
    isSpent = false;
    return rows as unknown[];
  } catch (error) {
    isSpent = !leavesConnection(error);
    throw hasLeft(signal) ? nobodyWaits() : error;
  } finally {
    cancelling?.stop();
    // A cancelled connection is not used again, because the server may take notice late.
    const isCancelled = cancelling?.isCancelled ?? false;
    client.release(isSpent || isCancelled || namesAreMany(client, statement.name));
  }
}

const hasLeft = (signal: AbortSignal | null): boolean => signal !== null && signal.aborted;

const nobodyWaits = (): Error => unavailable('The answer');

/** Stops what the client runs when the signal says so. */
class Cancelling {
  readonly #client: pg.PoolClient;
  readonly #signal: AbortSignal;
  isCancelled = false;

  constructor(client: pg.PoolClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    signal.addEventListener('abort', this.#cancel);
  }

  readonly #cancel = (): void => {
    this.isCancelled = true;
    cancelStatement(this.#client);
  };

  stop(): void {
    this.#signal.removeEventListener('abort', this.#cancel);
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
