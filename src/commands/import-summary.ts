import type { ImportTally } from '../services/importing/import-chats.ts';

/** What an import did, for a person. */
export function summaryOf(name: string, tally: ImportTally, seconds: number, isInterrupted: boolean): string {
  const { sessions } = tally;
  const lines = [
    `${isInterrupted ? 'Interrupted; until then from' : 'From'} ${name} in ${seconds.toFixed(1)} s:`,
    `  sessions  ${sessions.new} new, ${sessions.updated} updated, ${sessions.unchanged} unchanged`,
    `  messages  ${tally.messages} new`,
    `  users     ${tally.users} new`,
    ...notes(tally).map((note) => `  ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

function notes({ badLines, different, replacedCharacters }: ImportTally): string[] {
  return [
    ...(badLines > 0 ? [`skipped   ${badLines} lines, told above`] : []),
    ...(different > 0
      ? [`warning   ${different} messages have another content here than in the file; they stay as they are here`]
      : []),
    ...(replacedCharacters > 0
      ? [`warning   ${replacedCharacters} characters that cannot be stored (NUL, half a surrogate pair) are U+FFFD now`]
      : []),
  ];
}
