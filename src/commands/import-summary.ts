import type { ImportTally } from '../services/importing/import-chats.ts';
import { counted } from './counted.ts';

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
    ...(badLines > 0 ? [`skipped   ${counted(badLines, 'line')}, told above`] : []),
    ...(different > 0
      ? [`warning   ${counted(different, 'message')} with another content here than in the file; what is here stays`]
      : []),
    ...(replacedCharacters > 0
      ? [
          `warning   ${counted(replacedCharacters, 'character')} that cannot be stored (NUL, half a surrogate pair), now U+FFFD`,
        ]
      : []),
  ];
}
