/** One thing that a script asks for: a statement to send alone, or the change to another database. */
export type ScriptStep = { readonly sql: string } | { readonly connect: string };

/** The pieces of SQL inside which a semicolon means nothing, then the two things that end a step. */
const pieces = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`/\*[^]*?\*/`,
    String.raw`\b[eE]'(?:\\[^]|''|[^'\\])*'`,
    String.raw`'(?:''|[^'])*'`,
    String.raw`"(?:""|[^"])*"`,
    String.raw`(\$(?:[A-Za-z_]\w*)?\$)[^]*?\1`,
    String.raw`[A-Za-z_][\w$]*`,
    String.raw`^[ \t]*\\connect[ \t]+(?<database>\w+)[ \t]*$`,
    String.raw`(?<end>;)`,
    `[^]`,
  ].join('|'),
  'gm',
);

const isComment = (piece: string): boolean => piece.startsWith('--') || piece.startsWith('/*');

/**
 * Splits a script of init-db/ the way psql does, so that CREATE DATABASE can be sent alone.
 * Of psql's own commands it knows `\connect <database>` only; comments must not be nested.
 */
export function splitScript(script: string): ScriptStep[] {
  const steps: ScriptStep[] = [];
  let sql = '';
  const endStatement = (): void => {
    if (sql.trim() !== '') steps.push({ sql: sql.trim() });
    sql = '';
  };
  for (const { 0: piece, groups } of script.matchAll(pieces)) {
    const database = groups?.['database'];
    if (database !== undefined || groups?.['end'] !== undefined) endStatement();
    else if (!isComment(piece)) sql += piece;
    if (database !== undefined) steps.push({ connect: database });
  }
  endStatement();
  return steps;
}
