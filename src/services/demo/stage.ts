import type { EntityManager } from '@mikro-orm/postgresql';
import { MessageDetailsEntity } from '../../entities/agent-runtime/message-details.ts';
import { MessageEntity } from '../../entities/agent-runtime/message.ts';
import { demoId } from './demo-id.ts';
import type { SessionScript } from './script.ts';

/** Where a session of the demo is played: in one transaction, by these people, up to this moment. */
export interface Stage {
  readonly em: EntityManager;
  readonly script: SessionScript;
  readonly sessionId: string;
  readonly users: ReadonlyMap<string, StageUser>;
  readonly now: Date;
}

export interface StageUser {
  readonly id: string;
  readonly tenantId: string;
}

export const sessionIdOf = (script: SessionScript): string => demoId(`session/${script.key}`);

/** The id of a thing in the session. */
export const idIn = ({ script }: Stage, name: string): string => demoId(`session/${script.key}/${name}`);

interface DemoMessage {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly at: Date;
  readonly content: string | null;
  readonly toolName?: string;
  readonly toolCallId?: string;
  readonly toolCalls?: string;
}

const model = 'gpt-4o-mini';
const charactersPerToken = 4;

export async function addMessage(stage: Stage, name: string, message: DemoMessage): Promise<void> {
  const { em, sessionId } = stage;
  const { role, content, at } = message;
  const id = idIn(stage, name);
  const isAnswer = role === 'assistant';
  const author = role === 'user' ? stage.users.get(stage.script.owner) : undefined;
  await em.insert(MessageEntity, {
    id,
    sessionDbId: sessionId,
    role,
    content,
    timestamp: at,
    name: message.toolName ?? null,
    toolCallId: message.toolCallId ?? null,
    toolCalls: message.toolCalls ?? null,
    tokenCount: Math.ceil((content ?? message.toolCalls ?? '').length / charactersPerToken),
    metadataJson: null,
  });
  if (role === 'tool') return;
  await em.insert(MessageDetailsEntity, {
    messageId: id,
    sessionId,
    authorId: author?.id ?? null,
    model: isAnswer ? model : null,
    latencyMs: isAnswer ? 600 + (content ?? '').length * 9 : null,
    sender: null,
    clientMessageId: null,
    requestHash: null,
    createdAt: at,
  });
}
