/**
 * What PostgreSQL's parser binds words together by: it takes `<word>` for a tag, which it leaves out, and a path, a URL, a
 * host or a file's name for one word. In the text that it gets, characters that mean nothing to it stand in for these, so
 * that it finds the words, and the text can be shown as it was.
 */
const binding = '<>/._';
const standIns = '\u0003\u0004\u0005\u0006\u0007';

/** Stand for the begin and the end of a match in a passage. */
export const matchStart = '\u0001';
export const matchEnd = '\u0002';

/** The same in SQL, of an expression. Documents are made with it (migration 19): a change needs them to be made again. */
export const loosenedSql = (expression: string): string =>
  `translate(${expression}, '${binding}${matchStart}${matchEnd}${standIns}', '${standIns}')`;

export const loosened = (text: string): string => exchange(text, binding, standIns);
export const asWritten = (text: string): string => exchange(text, standIns, binding);

const exchange = (text: string, from: string, to: string): string =>
  text.replace(new RegExp(`[${from}]`, 'g'), (found) => to.charAt(from.indexOf(found)));
