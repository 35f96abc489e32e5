import { momentOf } from '../../databases/column-parsers.ts';
import type { Reader } from '../reading/reader.ts';
import { messageSource } from './message-source.ts';
import {
  answersOfCalls,
  approvalsOfCalls,
  detailsAmong,
  isAnswerNotice,
  recordedCall,
  recordedCalls,
  sessionIdsOf,
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

/** Whether a field of the calls is selected. */
export type Wanted = (field: string) => boolean;

/** One call of a tool. `id` is `<messageId>:<place in the message's list>`, or `<messageId>:usage:<id of the record>`. */
export type ToolCallRow = Readonly<{
  id: string;
  messageId: string;
  sessionId: string;
  /** The record of the call; null where there is none. */
  usageId: string | null;
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

/**
 * Of each message the calls that it asked for, with what became of them; then those that were recorded without being
 * asked for. What is not wanted of a call is not read.
 */
export async function toolCallsOf(
  reader: Reader,
  messages: readonly MessageOfCalls[],
  wanted: Wanted,
): Promise<ToolCallRow[][]> {
  const asked = messages.map(({ toolCallsText }) => askedCallsOf(toolCallsText));
  const [recorded, answers] = await Promise.all([
    recordedOf(reader, messages, asked, wanted),
    wanted('result') ? answersOf(reader, messages, asked) : [],
  ]);
  return messages.map((message, index) =>
    callsOf(message, asked[index] as AskedCall[], recorded[index] as readonly RecordedCall[], answers[index] ?? null),
  );
}

function callsOf(
  message: MessageOfCalls,
  asked: readonly AskedCall[],
  recorded: readonly RecordedCall[],
  answers: Answers | null,
): ToolCallRow[] {
  if (asked.length === 0 && recorded.length === 0) return [];
  const byCallId = new Map(recorded.map((record) => [record.callId, record]));
  const askedIds = idsOf(asked);
  const unasked = recorded.filter((record) => record.callId === null || !askedIds.has(record.callId));
  return [
    ...asked.map((call, index) => {
      const record = call.callId === null ? undefined : byCallId.get(call.callId);
      const content = call.callId === null ? undefined : answers?.get(call.callId);
      return askedRow(message, index + 1, call, record, content ?? null);
    }),
    ...unasked.map((record) => recordedRow(message, record)),
  ];
}

const idsOf = (asked: readonly AskedCall[]): ReadonlySet<string> =>
  new Set(asked.map((call) => call.callId).filter((id) => id !== null));

/** The call with this id, for the viewer; null where there is none. */
export async function toolCallByKey(reader: Reader, key: string): Promise<ToolCallRow | null> {
  const found = await Promise.all(messageIdsIn(key).map((messageId) => callsOfMessage(reader, messageId, () => true)));
  return found.flat().find((call) => call.id === key) ?? null;
}

/** The call that a tool server's record is about. */
export async function toolCallOfUsage(
  reader: Reader,
  messageId: string,
  usageId: string,
  wanted: Wanted,
): Promise<ToolCallRow | null> {
  const calls = await callsOfMessage(reader, messageId, wanted);
  return calls.find((call) => call.usageId === usageId) ?? null;
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

async function callsOfMessage(reader: Reader, messageId: string, wanted: Wanted): Promise<ToolCallRow[]> {
  const row = await reader.one(messageSource, messageId, ['id', 'sessionId', 'toolCallsText', 'createdAt']);
  if (row === null) return [];
  const [calls = []] = await toolCallsOf(reader, [row as unknown as MessageOfCalls], wanted);
  return calls;
}

const usageKey = (messageId: string, usageId: string): string => `${messageId}:usage:${usageId}`;

/** Message ids are text and may have colons of their own, so a key can be read in two ways. */
function messageIdsIn(key: string): string[] {
  const ends = [key.lastIndexOf(':'), key.lastIndexOf(':usage:')];
  return ends.filter((end) => end > 0).map((end) => key.slice(0, end));
}

function recordedOf(
  reader: Reader,
  messages: readonly Pick<MessageOfCalls, 'id'>[],
  asked: readonly (readonly AskedCall[])[],
  wanted: Wanted,
): Promise<readonly (readonly RecordedCall[])[]> {
  const details = detailsAmong(wanted);
  const keys = messages.map(({ id }, index) => `${asked[index]?.length === 0 ? asksNothing : asks}${id}`);
  return reader.loadAll<readonly RecordedCall[]>(`recorded tool calls ${details.join()}`, keys, async (missing) => {
    const { [asks]: asking = [], [asksNothing]: others = [] } = Object.groupBy(missing, (key) => key.charAt(0));
    const messageIds = { asking: asking.map(idOf), others: others.map(idOf) };
    const rows = await reader.rows('agentRuntime', recordedCalls(reader.viewer, messageIds, details));
    const byMessage = Map.groupBy(
      rows.map((cells) => recordedCall(cells, details)),
      (call) => call.messageId,
    );
    return missing.map((key) => byMessage.get(idOf(key)) ?? none);
  });
}

/** First in the key of a message's records. */
const [asks, asksNothing] = ['+', '-'] as const;
const idOf = (key: string): string => key.slice(1);
const none: readonly RecordedCall[] = [];

/** Call id → content of its answer. */
type Answers = ReadonlyMap<string, string | null>;

async function answersOf(
  reader: Reader,
  messages: readonly MessageOfCalls[],
  asked: readonly (readonly AskedCall[])[],
): Promise<readonly (Answers | null)[]> {
  const keys = messages.map(({ id: messageId, sessionId }, index) => {
    const callIds = [...idsOf(asked[index] as readonly AskedCall[])];
    return JSON.stringify(callIds.map((callId): AskedFor => ({ sessionId, messageId, callId })));
  });
  const asking = keys.filter((key) => key !== nothingAsked);
  if (asking.length === 0) return [];
  const found = await reader.loadAll<Answers>('answers to tool calls', asking, async (wanted) => {
    const calls = wanted.map((key) => JSON.parse(key) as AskedFor[]);
    const all = calls.flat();
    const rows = await reader.numbered(
      sessionIdsOf(all),
      (mayLag) => reader.query<Answer>('agentRuntime', answersOfCalls(reader.viewer, all), mayLag),
      isAnswerNotice,
    );
    const byMessage = Map.groupBy(rows, (row) => row.messageId);
    return calls.map(
      ([call]) => new Map((byMessage.get(call?.messageId ?? '') ?? []).map((row) => [row.callId, row.content])),
    );
  });
  const byKey = new Map(asking.map((key, index) => [key, found[index] as Answers]));
  return keys.map((key) => byKey.get(key) ?? null);
}

const nothingAsked = '[]';

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
    usageId: record?.id ?? null,
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
    usageId: record.id,
    toolCallId: record.callId,
    name: record.name,
    serverName: record.serverName ?? null,
    arguments: record.arguments ?? null,
    result: record.result ?? null,
    error: record.error ?? null,
    executionTimeMs: record.executionTimeMs ?? null,
    createdAt: momentOf(record.createdAt),
  };
}
