import { matchEnd, matchStart } from './search-statements.ts';

const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  [matchStart]: '<mark>',
  [matchEnd]: '</mark>',
};

const special = new RegExp(`[&<>"'${matchStart}${matchEnd}]`, 'g');

/** A headline as HTML: its text escaped, its matches marked. */
export const snippetOf = (headline: string): string => headline.replace(special, (found) => replacements[found] ?? '');
