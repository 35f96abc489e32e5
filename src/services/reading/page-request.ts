import { badInput } from '../../shared/errors.ts';
import { defaultPageSize, maxPageSize } from '../../shared/page-sizes.ts';

/** A connection's arguments as clients send them. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** The same, checked. */
export interface PageRequest {
  readonly size: number;
  readonly backward: boolean;
  readonly after: string | null;
  readonly before: string | null;
}

export function pageRequestOf(page: PageArguments): PageRequest {
  const first = page.first ?? null;
  const last = page.last ?? null;
  if (first !== null && last !== null)
    throw badInput('Ask for `first` or for `last`, not for both.', { argument: 'last' });
  checkSize('first', first);
  checkSize('last', last);
  return {
    size: first ?? last ?? defaultPageSize,
    backward: last !== null,
    after: page.after ?? null,
    before: page.before ?? null,
  };
}

function checkSize(argument: string, size: number | null): void {
  if (size !== null && size < 0) throw badInput(`\`${argument}\` must not be negative.`, { argument });
  if (size !== null && size > maxPageSize) {
    throw badInput(`\`${argument}\` is at most ${maxPageSize}; page with cursors to get more.`, {
      argument,
      maximum: maxPageSize,
    });
  }
}
