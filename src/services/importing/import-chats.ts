import type { Databases } from '../reading/reader.ts';
import { ScrollbackError } from '../../shared/errors.ts';
import { BadLine } from './bad-line.ts';
import { parseConversation, type Conversation } from './conversation.ts';
import { importConversation, type ConversationOutcome } from './import-conversation.ts';
import { ImportUsers } from './import-users.ts';
import { linesOf, type Line } from './lines.ts';
import { StorableText } from './storable-text.ts';

export interface ChatsToImport {
  readonly stream: AsyncIterable<Buffer>;
  /** When a conversation ended that does not say when it began, by where its line begins. */
  readonly endOf: (offset: number) => Date;
  readonly stopping: AbortSignal;
  readonly onBadLine: (number: number, reason: string) => void;
  readonly onLine: (offset: number) => void;
}

/** What an import has done so far; it stays readable when the import fails. */
export class ImportTally {
  readonly sessions = { new: 0, updated: 0, unchanged: 0 };
  messages = 0;
  different = 0;
  badLines = 0;
  users = 0;
  replacedCharacters = 0;

  add(outcome: ConversationOutcome): void {
    this.sessions[outcome.session] += 1;
    this.messages += outcome.messages;
    this.different += outcome.different;
  }
}

const assumedIntervalMs = 1000;

/** Brings in a chat-jsonl stream, a transaction for each conversation; bad lines are told and passed over. */
export async function importChats(databases: Databases, chats: ChatsToImport, tally: ImportTally): Promise<void> {
  const users = new ImportUsers(databases.auth);
  const storable = new StorableText();
  for await (const line of linesOf(chats.stream)) {
    chats.onLine(line.offset);
    try {
      const outcome = await importLine(databases, chats, users, storable, line);
      if (outcome !== null) tally.add(outcome);
    } catch (error) {
      if (!isAboutLine(error)) throw error;
      tally.badLines += 1;
      chats.onBadLine(line.number, error.message);
    }
    tally.users = users.created;
    tally.replacedCharacters = storable.replaced;
  }
}

async function importLine(
  { agentRuntime }: Databases,
  { endOf, stopping }: ChatsToImport,
  users: ImportUsers,
  storable: StorableText,
  line: Line,
): Promise<ConversationOutcome | null> {
  const text = line.text();
  if (text.trim() === '') return null;
  const conversation = parseConversation(text, storable);
  const owner = await users.owner(conversation.user);
  const createdAt = conversation.createdAt ?? startOf(conversation, endOf(line.offset));
  return agentRuntime.transaction(async (em) => {
    const outcome = await importConversation(em, conversation, owner, createdAt);
    // Thrown inside the transaction, so that it is rolled back.
    if (stopping.aborted) throw new Error('The import was stopped.');
    return outcome;
  });
}

const startOf = ({ messages }: Conversation, end: Date): Date =>
  new Date(end.getTime() - messages.length * assumedIntervalMs);

/** A value that PostgreSQL cannot hold is the line's fault too. */
const isAboutLine = (error: unknown): error is Error =>
  error instanceof BadLine || (error instanceof ScrollbackError && error.code === 'BAD_USER_INPUT');
