import type { GraphQLLeafType } from 'graphql';
import type { Row } from '../services/reading/source.ts';
import { leafOfText, leafOfValue, type Leaf } from './leaves.ts';

/** A row of an answer: at 0 what was loaded for its fields, then its cells. */
export type PlanRow = unknown[];

/** The rows of one place of a plan: which columns its fields want, and what is loaded for them beside. */
export interface RowShape {
  /** Gets the column's value out of a row. */
  cell(column: string): (row: PlanRow) => unknown;
  /** The same as an expression of the row's. */
  cellCode(column: string): (row: string) => string;
  /** The columns by name, for code that computes a field. */
  object(columns: readonly string[]): (row: PlanRow) => Row;
  leaf(type: GraphQLLeafType, isList: boolean): Leaf;
  /** Room beside the cells for what a field loads. */
  slot(): Slot;
}

export class Slot {
  readonly #index: number;

  constructor(index: number) {
    this.#index = index;
  }

  get(row: PlanRow): unknown {
    return (row[0] as unknown[])[this.#index];
  }

  /** The same as an expression of the row's. */
  code(row: string): string {
    return `${row}[0][${this.#index}]`;
  }

  set(row: PlanRow, value: unknown): void {
    (row[0] as unknown[])[this.#index] = value;
  }
}

class Slots {
  #count = 0;

  slot(): Slot {
    const slot = new Slot(this.#count);
    this.#count += 1;
    return slot;
  }

  /** The row for a place of the answer. A row that stands in many places gets slots for each, if it has any. */
  place(row: PlanRow, isFirst: boolean): PlanRow {
    if (this.#count === 0) return row;
    const own = isFirst ? row : row.slice();
    own[0] = [];
    return own;
  }
}

/** Rows of a source: PostgreSQL's texts, in the order of the columns. */
export class SourceRows extends Slots implements RowShape {
  readonly #columns: string[] = [];

  /** In the order in which they were asked for. */
  get columns(): readonly string[] {
    return this.#columns;
  }

  cell(column: string): (row: PlanRow) => unknown {
    const index = this.#indexOf(column);
    return (row) => row[index];
  }

  cellCode(column: string): (row: string) => string {
    const index = this.#indexOf(column);
    return (row) => `${row}[${index}]`;
  }

  object(columns: readonly string[]): (row: PlanRow) => Row {
    const cells = columns.map((column) => [column, this.#indexOf(column)] as const);
    return (row) => {
      const object: Record<string, unknown> = {};
      for (const [column, index] of cells) object[column] = row[index];
      return object;
    };
  }

  /** The row with this key as it would be read; null where more than the key is wanted of it. */
  assumed(key: string): PlanRow | null {
    return this.#columns.every((column) => column === 'id') ? this.place([key, key], true) : null;
  }

  leaf(type: GraphQLLeafType, isList: boolean): Leaf {
    // Of arrays pg makes values.
    return isList ? leafOfValue(type) : leafOfText(type);
  }

  /** The key of the row, or of its parent, comes first. */
  #indexOf(column: string): number {
    const known = this.#columns.indexOf(column);
    return known >= 0 ? known + 1 : this.#columns.push(column);
  }
}

/** Rows that code made: objects. */
export class CodeRows extends Slots implements RowShape {
  row(object: object): PlanRow {
    return this.place([null, object], true);
  }

  cell(column: string): (row: PlanRow) => unknown {
    return (row) => (row[1] as Row)[column];
  }

  cellCode(column: string): (row: string) => string {
    return (row) => `${row}[1][${JSON.stringify(column)}]`;
  }

  object(): (row: PlanRow) => Row {
    return (row) => row[1] as Row;
  }

  leaf(type: GraphQLLeafType): Leaf {
    return leafOfValue(type);
  }
}
