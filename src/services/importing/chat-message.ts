import { z } from 'zod';
import { isRecord } from '../../shared/json-text.ts';
import type { StorableText } from './storable-text.ts';

const roles = ['user', 'assistant', 'system', 'tool'] as const;
const shortText = z.string('must be a text').max(255, 'must have at most 255 characters').nullish();
const parts = z.array(z.union([z.string(), z.looseObject({})]));

/** A message of the chat-completions format; its further fields are allowed and kept. */
export const chatMessageSchema = z.looseObject(
  {
    role: z.enum(roles, `must be one of ${roles.join(', ')}`),
    content: z.union([z.string(), parts], 'must be a text or a list of parts').nullish(),
    tool_calls: z.array(z.unknown(), 'must be a list').nullish(),
    tool_call_id: shortText,
    name: shortText,
  },
  'must be an object',
);

/** A message as it is stored, apart from its place and time. */
export interface ImportedMessage {
  readonly role: (typeof roles)[number];
  readonly content: string | null;
  readonly name: string | null;
  readonly toolCallId: string | null;
  /** JSON text, like the metadata. */
  readonly toolCalls: string | null;
  readonly metadata: string | null;
}

export function importedMessageOf(
  message: z.output<typeof chatMessageSchema>,
  storable: StorableText,
): ImportedMessage {
  const { role, content, tool_calls: calls, tool_call_id: toolCallId, name, ...others } = message;
  const textOf = (text: string | null | undefined): string | null => (text == null ? null : storable.of(text));
  return {
    role,
    content: textOf(
      typeof content === 'string'
        ? content
        : content
            ?.map(textOfPart)
            .filter((text) => text !== '')
            .join('\n'),
    ),
    name: textOf(name),
    toolCallId: textOf(toolCallId),
    toolCalls: calls == null || calls.length === 0 ? null : JSON.stringify(calls.map(withArgumentsAsText)),
    metadata: metadataOf(Array.isArray(content) && !content.every(isTextPart) ? { ...others, content } : others),
  };
}

type Part = z.output<typeof parts>[number];

const textOfPart = (part: Part): string => {
  if (typeof part === 'string') return part;
  return typeof part['text'] === 'string' ? part['text'] : '';
};

const isTextPart = (part: Part): boolean =>
  typeof part === 'string' || (part['type'] === 'text' && typeof part['text'] === 'string');

/** The shared column holds a call's arguments as the text that the model wrote; some exporters write them as JSON. */
function withArgumentsAsText(call: unknown): unknown {
  if (!isRecord(call) || !isRecord(call['function'])) return call;
  const called = call['function'];
  const given = called['arguments'];
  if (given === undefined || typeof given === 'string') return call;
  return { ...call, function: { ...called, arguments: JSON.stringify(given) } };
}

/** Exporters write null for what a message has not got. */
function metadataOf(fields: Readonly<Record<string, unknown>>): string | null {
  const known = Object.entries(fields).filter(([, value]) => value != null);
  return known.length === 0 ? null : JSON.stringify(Object.fromEntries(known));
}
