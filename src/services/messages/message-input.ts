import { createHash } from 'node:crypto';
import { v7 as newId } from 'uuid';
import { badInput } from '../../shared/errors.ts';
import { checkJson, checkNotNegative, checkRequiredText, checkText } from '../writing/checks.ts';

export interface ToolCallToSend {
  readonly id?: string | null | undefined;
  readonly name: string;
  readonly arguments?: unknown;
}

export interface MessageToSend {
  readonly sessionId?: string | null | undefined;
  readonly role?: 'USER' | 'ASSISTANT' | 'SYSTEM' | 'TOOL' | `${'USER' | 'ASSISTANT' | 'SYSTEM' | 'TOOL'}` | null | undefined;
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
