import type { Sql } from '../../shared/sql.ts';
import type { DatabaseName } from '../../databases/database-name.ts';
import type { Viewer } from '../identity/viewer.ts';

/** One row as it is read: only the columns that were asked for, by their names in the source. */
export type Row = Readonly<Record<string, unknown>>;

/** One part of an order: an SQL expression over the source, never null, and the type that its text is cast back to. */
export interface OrderKey {
  readonly sql: string;
  readonly type: 'text' | 'timestamptz' | 'bigint';
}

/** A total order: the keys together are unique. */
export interface Order {
  readonly keys: readonly OrderKey[];
  readonly descending: boolean;
}

/** The log that a source is ordered by: its cursors name a row of the log, and are the same in a connection and in a stream. */
export interface LogOrder {
  /** The table, with the alias it has in `from`. */
  readonly table: string;
  readonly number: string;
  /** Where the row stands among the rows of all sessions; absent where one log serves all, and its number says so. */
  readonly position?: string;
  readonly chain: string;
  /** What clients see as a row's sequence; absent where they see none. */
  readonly sequence?: string;
  /** Column that tells the log's rows apart by session; absent where one log serves all. */
  readonly scope?: string;
  /** Where rows wait for their numbers, and the column that says of which session; absent where they are born with them. */
  readonly unnumbered?: { readonly table: string; readonly scope: string };
}

/** Visibility that is a parent's: asked once per parent instead of once per row. */
export interface VisibleThrough {
  /** The relation to the parent. */
  readonly relation: string;
  /** Whether the viewer may see the parent with this key. */
  readonly predicate: (viewer: Viewer, key: Sql) => Sql;
  /** The parent's source, where a row cannot be without its parent: rows that were read then show that it is there. */
  readonly provesParent?: string;
}

/** Where the rows of a type come from: declared once, read by everything that reads. All SQL here is ours, none a client's. */
export interface Source {
  readonly name: string;
  readonly database: DatabaseName;
  /** FROM clause. Its LEFT JOINs are on unique keys, so PostgreSQL drops those that no selected column needs. */
  readonly from: string;
  /** Conditions that make a row one of the source. */
  readonly condition?: string;
  /** The SQL of the key that ids name. */
  readonly key: string;
  /** Column name → SQL expression. */
  readonly columns: Readonly<Record<string, string>>;
  /** Which rows exist for a viewer. */
  readonly visible: (viewer: Viewer) => Sql;
  readonly visibleThrough?: VisibleThrough;
  /**
   * The relation to the users whose rows these are. A viewer's own rows stand for the viewer's user once that has been
   * read; see viewers-seen.
   */
  readonly ownedThrough?: string;
  /** Relation name → SQL of the column that holds the parent's key. */
  readonly relations?: Readonly<Record<string, string>>;
  readonly orders: Readonly<Record<string, Order>>;
  readonly defaultOrder: string;
  readonly log?: LogOrder;
  /** Filter name → condition; a filter that is null is not applied. */
  readonly filters?: Readonly<Record<string, (value: never) => Sql>>;
  /** A condition on lists that holds unless the filter `unless` is given. */
  readonly listed?: { readonly condition: string; readonly unless: string };
}
