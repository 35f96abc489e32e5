import { LockMode, type InferEntity } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import { ToolUsageEntity } from '../../entities/agent-runtime/tool-usage.ts';
import { sql } from '../../shared/sql.ts';
import { checkJson, checkNotNegative, checkRequiredText, checkText } from '../writing/checks.ts';
import { run } from '../writing/statements.ts';
import { askedCallsOf } from './tool-call-text.ts';

export interface ToolCallToRecord {
  readonly messageId: string;
  readonly toolCallId?: string | null | undefined;
  readonly name: string;
  readonly serverName?: string | null | undefined;
  readonly arguments?: unknown;
  readonly result?: unknown;
  readonly error?: string | null | undefined;
  readonly executionTimeMs?: number | null | undefined;
}

export function checkToolCallRecord(input: ToolCallToRecord): void {
  if (input.toolCallId != null) checkRequiredText('toolCallId', input.toolCallId, 255);
  checkRequiredText('name', input.name, 255);
  checkText('serverName', input.serverName, 255);
  checkJson('arguments', input.arguments);
  checkJson('result', input.result);
  checkText('error', input.error);
  checkNotNegative('executionTimeMs', input.executionTimeMs);
}

/** Records a call in a locked session; a second record of the same call completes the first. Returns its id. */
export async function recordToolCall(
  em: EntityManager,
  sessionId: string,
  input: ToolCallToRecord,
  now: Date,
): Promise<string> {
  const earlier = input.toolCallId == null ? null : await findRecord(em, input.messageId, input.toolCallId);
  if (earlier !== null) return complete(earlier, input);
  const asked = await asksForCalls(em, input.messageId);
  const id = newId();
  await em.insert(ToolUsageEntity, {
    id,
    sessionId,
    messageId: input.messageId,
    callId: input.toolCallId ?? null,
    toolName: input.name,
    serverName: input.serverName ?? null,
    arguments: input.arguments ?? null,
    result: input.result ?? null,
    error: input.error ?? null,
    executionTimeMs: input.executionTimeMs ?? null,
    createdAt: now,
    asked,
  });
  return id;
}

/**
 * Whoever changes what the message asks for waits until the record is there to be told of it; and who goes by an older
 * picture of the database, in which it is not, is told that the message has changed meanwhile. Hence an update of nothing.
 */
async function asksForCalls(em: EntityManager, messageId: string): Promise<boolean> {
  const [message] = await run<{ asked: string | null }>(
    em,
    sql`UPDATE public.messages SET tool_calls = tool_calls WHERE id = ${messageId} RETURNING tool_calls AS asked`,
  );
  return askedCallsOf(message?.asked ?? null).length > 0;
}

const findRecord = (em: EntityManager, messageId: string, callId: string): Promise<ToolUsage | null> =>
  em.findOne(ToolUsageEntity, { messageId, callId }, { lockMode: LockMode.PESSIMISTIC_WRITE });

type ToolUsage = InferEntity<typeof ToolUsageEntity>;

/** What the second record does not say stays as the first one said it. */
function complete(record: ToolUsage, input: ToolCallToRecord): string {
  record.serverName = input.serverName ?? record.serverName;
  record.arguments = input.arguments ?? record.arguments;
  record.result = input.result ?? record.result;
  record.error = input.error ?? record.error;
  record.executionTimeMs = input.executionTimeMs ?? record.executionTimeMs;
  return record.id;
}
