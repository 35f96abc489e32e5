import type { Reader } from '../reading/reader.ts';
import { messageSource } from './message-source.ts';
import {
  answers,
  approvalsOfCalls,
  recordedCalls,
  type Answer,
  type AskedFor,
  type RecordedCall,
} from './tool-call-statements.ts';
import { askedCallsOf, resultOf, type AskedCall } from './tool-call-text.ts';

/** What of a message its tool calls are made from. */
export interface MessageOfCalls {
  readonly id: string;
  readonly sessionId: string;
  readonly toolCallsText: string | null;
  readonly createdAt: Date;
}

/** One call of a tool. `id` is `<messageId>:<place in the message's list>`, or `<messageId>:usage:<id of the record>`. */
export type ToolCallRow = Readonly<{
  id: string;
  messageId: string;
  sessionId: string;
  toolCallId: string | null;
  name: string;
  serverName: string | null;
  arguments: unknown;
  result: unknown;
  error: string | null;
  executionTimeMs: number | null;
  createdAt: Date;
}>;

/** Stands where a call's text gives no name that can be read. */
const unnamed = 'unknown';

/** The calls that a message asked for, with what became of them; then those that were recorded without being asked for. */
export async function toolCallsOf(reader: Reader, message: MessageOfCalls): Promise<ToolCallRow[]> {
  const asked = askedCallsOf(message.toolCallsText);
  const callIds = new Set(asked.map((call) => call.callId).filter((id) => id !== null));
  const [recorded, contents] = await Promise.all([recordedOf(reader, message.id), answersOf(reader, message, callIds)]);
  const byCallId = new Map(recorded.map((record) => [record.callId, record]));
  const unasked = recorded.filter((record) => record.callId === null || !callIds.has(record.callId));
  return [
    ...asked.map((call, index) => {
      const record = call.callId === null ? undefined : byCallId.get(call.callId);
      const content = call.callId === null ? undefined : contents.get(call.callId);
      return askedRow(message, index + 1, call, record, content ?? null);
    }),
    ...unasked.map((record) => recordedRow(message, record)),
  ];
}

/** The call with this id, for the viewer; null where there is none. */
export async function toolCallByKey(reader: Reader, key: string): Promise<ToolCallRow | null> {
  const found = await Promise.all(messageIdsIn(key).map((messageId) => callsOfMessage(reader, messageId)));
  return found.flat().find((call) => call.id === key) ?? null;
}

/** The call that a tool server's record is about. */
export async function toolCallOfUsage(reader: Reader, messageId: string, usageId: string): Promise<ToolCallRow | null> {
  const [calls, recorded] = await Promise.all([callsOfMessage(reader, messageId), recordedOf(reader, messageId)]);
  const callId = recorded.find((record) => record.id === usageId)?.callId ?? null;
  const asked = callId === null ? undefined : calls.find((call) => call.toolCallId === callId);
  return asked ?? calls.find((call) => call.id === usageKey(messageId, usageId)) ?? null;
}

/** The newest approval that was requested for the call; null where there is none. */
export async function approvalIdOf(
  reader: Reader,
  call: Pick<ToolCallRow, 'sessionId' | 'toolCallId'>,
): Promise<string | null> {
  if (call.toolCallId === null) return null;
  const loader = reader.loader<string | null>('approvals of tool calls', async (keys) => {
    const calls = keys
      .map((key) => JSON.parse(key) as [string, string])
      .map(([sessionId, callId]) => ({ sessionId, callId }));
    const rows = await reader.query<{ id: string; sessionId: string; callId: string }>(
      'agentRuntime',
      approvalsOfCalls(reader.viewer, calls),
    );
    const byKey = new Map(rows.map((row) => [JSON.stringify([row.sessionId, row.callId]), row.id]));
    return keys.map((key) => byKey.get(key) ?? null);
  });
  return loader.load(JSON.stringify([call.sessionId, call.toolCallId]));
}

async function callsOfMessage(reader: Reader, messageId: string): Promise<ToolCallRow[]> {
  const row = await reader.one(messageSource, messageId, ['id', 'sessionId', 'toolCallsText', 'createdAt']);
  return row === null ? [] : toolCallsOf(reader, row as unknown as MessageOfCalls);
}

const usageKey = (messageId: string, usageId: string): string => `${messageId}:usage:${usageId}`;

/** Message ids are text and may have colons of their own, so a key can be read in two ways. */
function messageIdsIn(key: string): string[] {
  const ends = [key.lastIndexOf(':'), key.lastIndexOf(':usage:')];
  return ends.filter((end) => end > 0).map((end) => key.slice(0, end));
}

async function recordedOf(reader: Reader, messageId: string): Promise<readonly RecordedCall[]> {
  const loader = reader.loader<readonly RecordedCall[]>('recorded tool calls', async (messageIds) => {
    const rows = await reader.query<RecordedCall>('agentRuntime', recordedCalls(reader.viewer, messageIds));
    const byMessage = Map.groupBy(rows, (row) => row.messageId);
    return messageIds.map((id) => byMessage.get(id) ?? []);
  });
  return loader.load(messageId);
}

/** Call id → content of its answer. */
async function answersOf(
  reader: Reader,
  message: MessageOfCalls,
  callIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string | null>> {
  if (callIds.size === 0) return new Map();
  const loader = reader.loader<ReadonlyMap<string, string | null>>('answers to tool calls', async (keys) => {
    const asked = keys.flatMap((key) => JSON.parse(key) as AskedFor[]);
    const rows = await reader.query<Answer>('agentRuntime', answers(reader.viewer, asked));
    const byMessage = Map.groupBy(rows, (row) => row.messageId);
    return keys.map((key) => {
      const messageId = (JSON.parse(key) as AskedFor[])[0]?.messageId ?? '';
      return new Map((byMessage.get(messageId) ?? []).map((row) => [row.callId, row.content]));
    });
  });
  const { id: messageId, sessionId } = message;
  return loader.load(JSON.stringify([...callIds].map((callId): AskedFor => ({ sessionId, messageId, callId }))));
}

/** What a tool server recorded wins over what the messages say. */
function askedRow(
  message: MessageOfCalls,
  place: number,
  call: AskedCall,
  record: RecordedCall | undefined,
  answer: string | null,
): ToolCallRow {
  return {
    id: `${message.id}:${place}`,
    messageId: message.id,
    sessionId: message.sessionId,
    toolCallId: call.callId,
    name: call.name ?? record?.name ?? unnamed,
    serverName: record?.serverName ?? null,
    arguments: record?.arguments ?? call.arguments,
    result: record?.result ?? resultOf(answer),
    error: record?.error ?? null,
    executionTimeMs: record?.executionTimeMs ?? null,
    createdAt: message.createdAt,
  };
}

function recordedRow(message: MessageOfCalls, record: RecordedCall): ToolCallRow {
  return {
    id: usageKey(message.id, record.id),
    messageId: message.id,
    sessionId: message.sessionId,
    toolCallId: record.callId,
    name: record.name,
    serverName: record.serverName,
    arguments: record.arguments,
    result: record.result,
    error: record.error,
    executionTimeMs: record.executionTimeMs,
    createdAt: record.createdAt,
  };
}
