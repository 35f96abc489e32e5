export interface ToolCall {
  readonly toolCallId: string;
  readonly name: string;
  readonly arguments: unknown;
  readonly executionTimeMs: number | null;
}

interface Asked {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

/** What a message asked for, from its JSON text, completed by what was recorded of it. */
export function toolCallsOf(text: string | null, recorded: readonly ToolCall[]): ToolCall[] {
  if (text === null) return [];
  return (JSON.parse(text) as Asked[]).map(
    ({ id, function: called }) =>
      recorded.find((record) => record.toolCallId === id) ?? {
        toolCallId: id,
        name: called.name,
        arguments: JSON.parse(called.arguments) as unknown,
        executionTimeMs: null,
      },
  );
}
