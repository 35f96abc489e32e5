import { metadataOf } from './messages/message-metadata.ts';
import {
  approvalIdOf,
  toolCallOfUsage,
  toolCallsOf,
  type MessageOfCalls,
  type ToolCallRow,
} from './messages/tool-calls.ts';
import type { Reader } from './reading/reader.ts';
import type { Row } from './reading/source.ts';
import { usageOfSession, usageOfUser } from './usage/usage.ts';
import { grantTypesOf } from './users/grant-types.ts';

/** The value of a field, from the row's columns that its declaration needs. */
export type ComputedField = (reader: Reader, row: Row) => unknown;

/** The fields that have code of their own: `Type.field` → code. Each is one call of a service. */
const computedFields: ReadonlyMap<string, ComputedField> = new Map<string, ComputedField>([
  ['Message.toolCalls', (reader, row) => toolCallsOf(reader, row as unknown as MessageOfCalls)],
  ['Message.metadata', (_reader, row) => metadataOf(row['metadataText'] as string | null)],
  // The key of the approval; see `keyOf` in its declaration.
  ['ToolCall.approval', (reader, row) => approvalIdOf(reader, row as unknown as ToolCallRow)],
  [
    'RecordToolCallPayload.toolCall',
    (reader, row) => toolCallOfUsage(reader, String(row['messageId']), String(row['usageId'])),
  ],
  ['Session.usage', (reader, row) => usageOfSession(reader, row['id'] as string)],
  ['User.usage', (reader, row) => usageOfUser(reader, row['id'] as string)],
  ['Viewer.usage', (reader, row) => usageOfUser(reader, (row['userId'] as string | null) ?? '')],
  ['OAuthClient.allowedGrantTypes', (_reader, row) => grantTypesOf(row['allowedGrantTypesText'] as string)],
]);

export function computedField(type: string, name: string): ComputedField {
  const code = computedFields.get(`${type}.${name}`);
  if (code === undefined)
    throw new Error(`${type}.${name} is declared as computed and has no code in services/computed-fields.ts.`);
  return code;
}
