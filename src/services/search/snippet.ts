import { asWritten, matchEnd, matchStart } from '../../databases/search-text.ts';
import type { Reader } from '../reading/reader.ts';
import { headlines, type Search } from './search-statements.ts';

const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  [matchStart]: '<mark>',
  [matchEnd]: '</mark>',
};

const special = new RegExp(`[${Object.keys(replacements).join('')}]`, 'g');

/** A headline as HTML: its text as it was written and escaped, its matches marked. */
export const htmlOf = (headline: string): string =>
  asWritten(headline).replace(special, (found) => replacements[found] ?? '');

/** The best passages of a found message as HTML; one statement for all that are asked for at once. */
export async function snippetOf(reader: Reader, search: Search, messageId: string): Promise<string> {
  const loader = reader.loader<string>(`snippets of ${search.query}`, async (messageIds) => {
    const rows = await reader.query<{ messageId: string; headline: string }>(
      'agentRuntime',
      headlines(search, messageIds),
    );
    const byMessage = new Map(rows.map((row) => [row.messageId, htmlOf(row.headline)]));
    return messageIds.map((id) => byMessage.get(id) ?? '');
  });
  return loader.load(messageId);
}
