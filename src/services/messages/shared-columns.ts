import { v7 as newId } from 'uuid';
import type { ToolCallToSend } from './message-input.ts';

/** JSON as the shared columns of messages hold it: as text, in the shape of chat completions. */

export const metadataTextOf = (metadata: Record<string, unknown> | null | undefined): string | null =>
  metadata == null ? null : JSON.stringify(metadata);

export function toolCallsTextOf(calls: readonly ToolCallToSend[] | null | undefined): string | null {
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
