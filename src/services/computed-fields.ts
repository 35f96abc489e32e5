import { metadataOf } from './messages/message-metadata.ts';
import {
  approvalIdOf,
  toolCallOfUsage,
  toolCallsOf,
  type MessageOfCalls,
  type ToolCallRow,
  type Wanted,
} from './messages/tool-calls.ts';
import type { Reader } from './reading/reader.ts';
import type { Row } from './reading/source.ts';
import { usageOfSession, usageOfUser } from './usage/usage.ts';
import { grantTypesOf } from './users/grant-types.ts';

/**
 * The values of a field, one for each row or the error that there is none, from the columns that its declaration needs.
 * `wanted` says which fields are selected of the values.
 */
export type ComputedField = (
  reader: Reader,
  rows: readonly Row[],
  wanted: Wanted,
) => Promise<readonly unknown[]> | readonly unknown[];

/** Of code for one row. What it reads goes through the reader's loaders, so it is read for all rows together. */
const each =
  (code: (reader: Reader, row: Row, wanted: Wanted) => unknown): ComputedField =>
  (reader, rows, wanted) =>
    Promise.all(
      rows.map(async (row) => {
        try {
          return await code(reader, row, wanted);
        } catch (error) {
          return error;
        }
      }),
    );

/** The fields that have code of their own: `Type.field` → code. Each is one call of a service. */
const computedFields: ReadonlyMap<string, ComputedField> = new Map<string, ComputedField>([
  [
    'Message.toolCalls',
    (reader, rows, wanted) => toolCallsOf(reader, rows as unknown as readonly MessageOfCalls[], wanted),
  ],
  ['Message.metadata', (_reader, rows) => rows.map((row) => metadataOf(row['metadataText'] as string | null))],
  // The key of the approval; see `keyOf` in its declaration.
  ['ToolCall.approval', each((reader, row) => approvalIdOf(reader, row as unknown as ToolCallRow))],
  [
    'RecordToolCallPayload.toolCall',
    each((reader, row, wanted) => toolCallOfUsage(reader, String(row['messageId']), String(row['usageId']), wanted)),
  ],
  ['Session.usage', each((reader, row) => usageOfSession(reader, row['id'] as string))],
  ['User.usage', each((reader, row) => usageOfUser(reader, row['id'] as string))],
  ['Viewer.usage', each((reader, row) => usageOfUser(reader, (row['userId'] as string | null) ?? ''))],
  [
    'OAuthClient.allowedGrantTypes',
    (_reader, rows) => rows.map((row) => grantTypesOf(row['allowedGrantTypesText'] as string)),
  ],
]);

export function computedField(type: string, name: string): ComputedField {
  const code = computedFields.get(`${type}.${name}`);
  if (code === undefined)
    throw new Error(`${type}.${name} is declared as computed and has no code in services/computed-fields.ts.`);
  return code;
}
