import { maxIdLength } from '../writing/checks.ts';
import { v5 as nameId } from 'uuid';
import { z } from 'zod';
import { dayExists } from '../../shared/calendar.ts';
import { titleOf } from '../messages/receiving-session.ts';
import { BadLine } from './bad-line.ts';
import { chatMessageSchema, importedMessageOf, type ImportedMessage } from './chat-message.ts';
import type { StorableText } from './storable-text.ts';

/** One line of a chat-jsonl file. */
export interface Conversation {
  readonly sessionId: string;
  /** The id in the file, where it is too long to be one here. */
  readonly foreignId: string | null;
  readonly user: string;
  readonly title: string | null;
  readonly createdAt: Date | null;
  readonly messages: readonly ImportedMessage[];
}

/** The width of the shared tables' id columns. */
const namespace = '6b0d4bd5-6f0c-4e0e-8f3c-9f2f5f2d8c11';

/** The same name gives the same id in every import. */
export const importId = (name: string): string => nameId(name, namespace);

const timePattern = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;
const visibleText = (maximum: number) =>
  z
    .string('must be a text')
    .min(1, 'must not be empty')
    .max(maximum, `must have at most ${maximum} characters`)
    .refine((text) => !/\p{C}/u.test(text), 'must not have control characters');

const lineSchema = z.object(
  {
    id: visibleText(10_000),
    user: visibleText(255),
    title: z.string('must be a text or null').max(500, 'must have at most 500 characters').nullish(),
    createdAt: z
      .string('must be a time such as 2026-01-31T12:00:00Z')
      .refine(
        (text) => timePattern.test(text) && dayExists(text.slice(0, 10)) && !Number.isNaN(timeOf(text).getTime()),
        'must be a time such as 2026-01-31T12:00:00Z',
      )
      .nullish(),
    messages: z.array(chatMessageSchema, 'must be a list'),
  },
  'is not a JSON object',
);

/** Times without an offset are UTC, as in everything that is stored here. */
function timeOf(text: string): Date {
  const time = text.replace(' ', 'T');
  return new Date(/T[^Z+-]*$/.test(time) ? `${time}Z` : time);
}

export function parseConversation(text: string, storable: StorableText): Conversation {
  try {
    return conversationOf(lineOf(text), storable);
  } catch (error) {
    throw error instanceof RangeError ? new BadLine('is nested too deeply') : error;
  }
}

function conversationOf(line: z.output<typeof lineSchema>, storable: StorableText): Conversation {
  const { id, user, title, createdAt, messages: given } = line;
  const messages = given.map((message) => importedMessageOf(message, storable));
  const isUsable = id.length <= maxIdLength;
  return {
    sessionId: isUsable ? id : importId(`session/${id}`),
    foreignId: isUsable ? null : id,
    user,
    title: title == null || title.trim() === '' ? titleFrom(messages) : storable.of(title),
    createdAt: createdAt == null ? null : timeOf(createdAt),
    messages,
  };
}

function lineOf(text: string): z.output<typeof lineSchema> {
  const result = lineSchema.safeParse(parseJson(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new BadLine([issue?.path.join('.'), issue?.message].filter(Boolean).join(' '));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadLine(`is not JSON: ${(error as Error).message}`);
  }
}

const titleFrom = (messages: readonly ImportedMessage[]): string | null =>
  titleOf({ content: messages.find(({ role, content }) => role === 'user' && content !== null)?.content ?? null });
