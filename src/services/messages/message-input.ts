import { badInput } from '../../shared/errors.ts';
import { checkJson, checkNotNegative, checkRequiredText, checkText } from '../writing/checks.ts';

export interface ToolCallToSend {
  readonly id?: string | null | undefined;
  readonly name: string;
  readonly arguments?: unknown;
}

export interface MessageToSend {
  readonly sessionId?: string | null | undefined;
  readonly role?: 'USER' | 'ASSISTANT' | 'SYSTEM' | 'TOOL' | null | undefined;
  readonly content?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly toolCallId?: string | null | undefined;
  readonly toolCalls?: readonly ToolCallToSend[] | null | undefined;
  readonly tokenCount?: number | null | undefined;
  readonly model?: string | null | undefined;
  readonly latencyMs?: number | null | undefined;
  readonly metadata?: Record<string, unknown> | null | undefined;
  readonly clientMessageId?: string | null | undefined;
}

/** What is undefined stays as it is; null clears. */
export interface MessageChanges {
  readonly messageId: string;
  readonly content?: string | null | undefined;
  readonly metadata?: Record<string, unknown> | null | undefined;
}

const maxNameLength = 255;

export function checkMessage(input: MessageToSend): void {
  const { role, toolCalls } = input;
  checkContent(input.content ?? null, role ?? 'USER', (toolCalls ?? []).length > 0);
  checkToolFields(input);
  checkText('name', input.name, maxNameLength);
  checkText('model', input.model, maxNameLength);
  checkNotNegative('tokenCount', input.tokenCount);
  checkNotNegative('latencyMs', input.latencyMs);
  checkJson('metadata', input.metadata);
  if (input.clientMessageId != null) checkRequiredText('clientMessageId', input.clientMessageId, maxNameLength);
}

/** A tool may answer with nothing; a message that calls tools need not say anything. */
export function checkContent(content: string | null, role: string, callsTools: boolean): void {
  checkText('content', content);
  const mayBeEmpty = role.toUpperCase() === 'TOOL' && content !== null;
  if (mayBeEmpty || callsTools || (content !== null && content.trim() !== '')) return;
  throw badInput('`content` must not be empty, except in a message of the assistant that calls tools.', {
    argument: 'content',
  });
}

function checkToolFields({ role, toolCallId, toolCalls }: MessageToSend): void {
  if (role === 'TOOL' && toolCallId == null) {
    throw badInput('A TOOL message needs the `toolCallId` of the call that it answers.', { argument: 'toolCallId' });
  }
  if (role !== 'TOOL' && toolCallId != null) {
    throw badInput('Only a TOOL message has a `toolCallId`.', { argument: 'toolCallId' });
  }
  if (role !== 'ASSISTANT' && (toolCalls ?? []).length > 0) {
    throw badInput('Only an ASSISTANT message has `toolCalls`.', { argument: 'toolCalls' });
  }
  if (toolCallId != null) checkRequiredText('toolCallId', toolCallId, maxNameLength);
  checkToolCalls(toolCalls ?? []);
}

function checkToolCalls(calls: readonly ToolCallToSend[]): void {
  for (const call of calls) {
    if (call.id != null) checkRequiredText('toolCalls.id', call.id, maxNameLength);
    checkRequiredText('toolCalls.name', call.name, maxNameLength);
    checkJson('toolCalls.arguments', call.arguments);
  }
  const ids = calls.flatMap((call) => call.id ?? []);
  if (new Set(ids).size < ids.length) {
    throw badInput('Two of the `toolCalls` have the same id.', { argument: 'toolCalls' });
  }
}
