import { raw, type Sql } from '../../shared/sql.ts';
import { badInput } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import type { PageRequest } from './page-request.ts';
import type { PlacesOf } from './places.ts';
import type { Order, Source } from './source.ts';
import type { PageStatement } from './statements.ts';

/** What a connection asks for, apart from whose it is. */
export interface PageQuery {
  readonly source: Source;
  readonly relation: string | null;
  readonly request: PageRequest;
  readonly filter: Readonly<Record<string, unknown>> | null;
  readonly orderBy: { readonly field: string; readonly descending?: boolean } | null;
  readonly columns: readonly string[];
  /** Whether cursors will be asked of the page. */
  readonly withPlaces: boolean;
  /** Whether it will be asked if there are more rows, which takes reading one more. */
  readonly withMore: boolean;
}

/** A page as it is read for one viewer: its statement, but for the parents and the places that cursors stand for. */
export interface PageReading {
  readonly list: Omit<PlacesOf, 'parentKey'>;
  readonly statement: Omit<PageStatement, 'parentKeys' | 'after' | 'before'>;
}

export function pageReadingOf(query: PageQuery, viewer: Viewer): PageReading {
  const { source, request } = query;
  const [orderName, order] = orderOf(source, query.orderBy);
  return {
    list: { source, orderName, order, viewer },
    statement: {
      source,
      order,
      viewer,
      relation: query.relation,
      columns: query.columns,
      withPlaces: query.withPlaces,
      backward: request.backward,
      limit: request.size + (query.withMore ? 1 : 0),
      filter: filterOf(source, query.filter),
    },
  };
}

function orderOf(source: Source, orderBy: PageQuery['orderBy']): [string, Order] {
  const name = orderBy?.field ?? source.defaultOrder;
  const order = source.orders[name];
  if (order === undefined) throw badInput(`There is no order by ${name}.`, { argument: 'orderBy' });
  const descending = orderBy?.descending ?? order.descending;
  return [`${name} ${descending ? 'DESC' : 'ASC'}`, { keys: order.keys, descending }];
}

/** A list's conditions: its filters, and what holds for lists that do not ask otherwise. */
function filterOf(source: Source, filter: PageQuery['filter']): Sql[] {
  const { listed } = source;
  const unlisted = listed === undefined || (filter?.[listed.unless] ?? null) !== null;
  return [...givenFilters(source, filter), ...(unlisted ? [] : [raw(listed.condition)])];
}

/** Filters that are given and not null, as conditions. */
export function givenFilters(source: Source, filter: PageQuery['filter']): Sql[] {
  return Object.entries(filter ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => {
      const build = source.filters?.[name] as ((value: unknown) => Sql) | undefined;
      if (build === undefined) throw new Error(`Source ${source.name} has no filter ${name}.`);
      return build(value);
    });
}
