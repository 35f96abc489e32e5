import { metadataOf } from '../services/messages/message-metadata.ts';
import {
  approvalIdOf,
  toolCallOfUsage,
  toolCallsOf,
  type MessageOfCalls,
  type ToolCallRow,
} from '../services/messages/tool-calls.ts';
import { usageOfSession, usageOfUser } from '../services/usage/usage.ts';
import { grantTypesOf } from '../services/users/grant-types.ts';
import type { RowResolver } from './derived.ts';
import { readOne } from './read.ts';

/** The fields that have code of their own: `Type.field` → resolver. Each is one call of a service. */
export const computedFields: ReadonlyMap<string, RowResolver> = new Map<string, RowResolver>([
  ['Message.toolCalls', (row, _arguments, { reader }) => toolCallsOf(reader, row as unknown as MessageOfCalls)],
  ['Message.metadata', (row) => metadataOf(row['metadataText'] as string | null)],
  [
    'ToolCall.approval',
    async (row, _arguments, context, info) => {
      const id = await approvalIdOf(context.reader, row as unknown as ToolCallRow);
      return id === null ? null : readOne('Approval', id, context, info);
    },
  ],
  [
    'RecordToolCallPayload.toolCall',
    (row, _arguments, { reader }) => toolCallOfUsage(reader, String(row['messageId']), String(row['usageId'])),
  ],
  ['Session.usage', (row, _arguments, { reader }) => usageOfSession(reader, row['id'] as string)],
  ['User.usage', (row, _arguments, { reader }) => usageOfUser(reader, row['id'] as string)],
  ['Viewer.usage', (row, _arguments, { reader }) => usageOfUser(reader, (row['userId'] as string | null) ?? '')],
  ['OAuthClient.allowedGrantTypes', (row) => grantTypesOf(row['allowedGrantTypesText'] as string)],
]);
