import { v7 as newId } from 'uuid';
import type { MessageToSend, ToolCallToSend } from './message-input.ts';

/** What a message is in the shared columns. They hold JSON as text, in the shape of chat completions. */

interface SharedColumns {
  readonly role: string;
  readonly content: string | null;
  readonly name: string | null;
  readonly toolCallId: string | null;
  readonly toolCalls: string | null;
  readonly tokenCount: number | null;
  readonly metadataJson: string | null;
}

export const columnsOf = (input: MessageToSend): SharedColumns => ({
  role: (input.role ?? 'USER').toLowerCase(),
  content: input.content ?? null,
  name: input.name ?? null,
  toolCallId: input.toolCallId ?? null,
  toolCalls: toolCallsTextOf(input.toolCalls),
  tokenCount: input.tokenCount ?? null,
  metadataJson: metadataTextOf(input.metadata),
});

export const metadataTextOf = (metadata: Record<string, unknown> | null | undefined): string | null =>
  metadata == null ? null : JSON.stringify(metadata);

function toolCallsTextOf(calls: readonly ToolCallToSend[] | null | undefined): string | null {
  if (calls == null || calls.length === 0) return null;
  return JSON.stringify(
    calls.map((call) => ({
      id: call.id ?? `call_${newId()}`,
      type: 'function',
      function: { name: call.name, arguments: argumentsTextOf(call.arguments) },
    })),
  );
}

/** A string is the text that the model wrote, whether it is good JSON or not. */
function argumentsTextOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value ?? {});
}
