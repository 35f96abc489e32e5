import pg from 'pg';
import { unavailable } from '../shared/errors.ts';
import type { Allowance } from '../shared/allowance.ts';
import { cancelStatement } from './cancel-statement.ts';
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

const [bool, int2, int4, float4, float8] = [16, 21, 23, 700, 701];
const [text, json, bpchar, varchar, timestamptz, uuid, jsonb] = [25, 114, 1042, 1043, 1184, 2950, 3802];

/** What `pg` would make numbers, dates and objects of, only for JSON text to be made of those again. */
const printed = new Set(
  [bool, int2, int4, int8, float4, float8, numeric].concat([text, json, bpchar, varchar, timestamptz, uuid, jsonb]),
);
const asPrinted: Parser = (value) => value;

const parserOf = (type: number): Parser =>
  numbers.has(type) ? Number : (pg.types.getTypeParser(type, 'text') as Parser);

/** How rows come: as objects of values, or as lists of PostgreSQL's own texts where these can be written on as they are. */
export type Form = 'objects' | 'texts';

/** The options of `pg` for a form; what comes in is counted before anything is made of it. */
function optionsOf(form: Form, allowance: Allowance | undefined): object {
  const parser = (type: number): Parser => (form === 'texts' && printed.has(type) ? asPrinted : parserOf(type));
  const counting = (type: number): Parser => {
    const parse = parser(type);
    return allowance === undefined ? parse : (value) => parse(allowance.take(value));
  };
  const types = { getTypeParser: counting };
  return form === 'texts' ? { types, rowMode: 'array' } : { types };
}

export interface ReadOptions {
  readonly asker?: Asker;
  /** For what is always quick and must not hang. */
  readonly withinMs?: number;
}

/** Runs a statement on a connection of the pool; a connection with an error of its own behind it does not come back. */
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
    ...optionsOf(form, asker?.allowance),
    query_timeout: withinMs,
  } as pg.QueryConfig;
  const running = readFor === undefined ? client.query(query) : runAsViewer(client, query, readFor);
  const cancelling = signal === null ? null : cancelOnAbort(client, signal, running);
  try {
    return (await running).rows as unknown[];
  } catch (error) {
    throw hasLeft(signal) ? nobodyWaits() : error;
  } finally {
    const isSpent = await settle(running, cancelling);
    client.release(isSpent || namesAreMany(client, statement.name));
  }
}

const hasLeft = (signal: AbortSignal | null): boolean => signal !== null && signal.aborted;

const nobodyWaits = (): Error => unavailable('The answer');

interface Cancelling {
  readonly stop: () => void;
  cancelled: Promise<void> | null;
}

function cancelOnAbort(client: pg.PoolClient, signal: AbortSignal, running: Promise<unknown>): Cancelling {
  const cancelling: Cancelling = { stop: () => signal.removeEventListener('abort', cancel), cancelled: null };
  const cancel = (): void => {
    cancelling.cancelled = cancelStatement(client);
  };
  signal.addEventListener('abort', cancel);
  running.catch(() => undefined);
  return cancelling;
}

/** Whether the connection can serve no other statement. */
async function settle(running: Promise<unknown>, cancelling: Cancelling | null): Promise<boolean> {
  cancelling?.stop();
  if (cancelling?.cancelled != null) {
    await cancelling.cancelled;
    return true;
  }
  return running.then(
    () => false,
    () => true,
  );
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
