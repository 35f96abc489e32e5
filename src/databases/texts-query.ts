import type { Writable } from 'node:stream';
import type pg from 'pg';
import type { Allowance } from '../shared/allowance.ts';
import { parserOf, type Parser } from './column-parsers.ts';
import { executionMessage } from './execution-message.ts';

/** A statement; without a name it is not prepared. */
export interface Sent {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** By column. */
type Parsers = readonly (Parser | null)[];

/** What a query of one's own sees of a connection of `pg`. */
interface Connection {
  readonly stream: Writable;
  readonly parsedStatements: Readonly<Record<string, string>>;
}

/** Parsers of a connection's statements, by name; the server says the columns once, when a statement is new there. */
const described = new WeakMap<Connection, Map<string, Parsers | null>>();

type Done = (error: Error | null, rows: unknown[][]) => void;

/**
 * A query whose rows are lists of PostgreSQL's own texts. `pg`'s query is told with every answer what its columns are, and
 * makes a parser for each of them and a value of each cell; docs/read-plans.md has what that costs.
 */
export class TextsQuery {
  readonly name: string;
  readonly text: string;
  readonly #values: readonly unknown[];
  readonly #allowance: Allowance | undefined;
  readonly #done: Done;
  #parsers: Parsers | null = null;
  #connection: Connection | null = null;
  #rows: unknown[][] = [];
  #error: Error | null = null;

  constructor({ name = '', text: sql, values }: Sent, allowance: Allowance | undefined, done: Done) {
    this.name = name;
    this.text = sql;
    this.#values = values;
    this.#allowance = allowance;
    this.#done = done;
  }

  submit(connection: Connection): Error | null {
    const { name } = this;
    const isKept = name !== '' && connection.parsedStatements[name] === this.text;
    const parsers = isKept ? described.get(connection)?.get(name) : undefined;
    this.#connection = connection;
    this.#parsers = parsers ?? null;
    try {
      const [sql, describe] = [isKept ? null : this.text, parsers === undefined];
      connection.stream.write(executionMessage({ name, text: sql, values: this.#values, describe }));
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly pg.FieldDef[] }): void {
    const parsers = fields.map(({ dataTypeID }) => parserOf('texts', dataTypeID));
    this.#parsers = parsers.every((parser) => parser === null) ? null : parsers;
    if (this.name === '' || this.#connection === null) return;
    let known = described.get(this.#connection);
    if (known === undefined) described.set(this.#connection, (known = new Map<string, Parsers | null>()));
    known.set(this.name, this.#parsers);
  }

  handleDataRow({ fields }: { readonly fields: unknown[] }): void {
    if (this.#error !== null) return;
    try {
      for (let index = 0; index < fields.length; index += 1) {
        const cell = fields[index];
        if (typeof cell !== 'string') continue;
        this.#allowance?.take(cell);
        const parse = this.#parsers?.[index];
        if (parse != null) fields[index] = parse(cell);
      }
      this.#rows.push(fields);
    } catch (error) {
      // What comes after it is not kept, but has to come to its end.
      this.#error = error as Error;
      this.#rows = [];
    }
  }

  handleCommandComplete(): void {
    // How many rows there were is seen by the rows.
  }

  handleEmptyQuery(): void {
    // There is none.
  }

  handleError(error: Error): void {
    this.#done(error, []);
  }

  handleReadyForQuery(): void {
    this.#done(this.#error, this.#rows);
  }
}
