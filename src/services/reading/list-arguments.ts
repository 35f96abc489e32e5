import { pageRequestOf, type PageArguments } from './page-request.ts';
import type { PageQuery } from './page-reading.ts';

/** The arguments that a connection can have, with bare ids. */
export interface ListArguments extends PageArguments {
  readonly filter?: object | null;
  readonly orderBy?: { readonly field: string; readonly direction: string } | null;
}

/** Arguments of connections that have filters of their own instead of a `filter`. */
const ownFilters = ['activeOnly'];

/** What the arguments ask for, checked. */
export function listQueryOf(listArguments: ListArguments): Pick<PageQuery, 'request' | 'filter' | 'orderBy'> {
  const own = Object.entries(listArguments).filter(([name]) => ownFilters.includes(name));
  const { orderBy } = listArguments;
  return {
    request: pageRequestOf(listArguments),
    filter: { ...listArguments.filter, ...Object.fromEntries(own) },
    orderBy: orderBy == null ? null : { field: orderBy.field, descending: orderBy.direction === 'DESC' },
  };
}
