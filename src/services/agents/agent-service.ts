import { LockMode, type InferEntity } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as newId } from 'uuid';
import { AgentContextEntity } from '../../entities/agent-runtime/agent-context.ts';
import { AgentSwitchEntity } from '../../entities/agent-runtime/agent-switch.ts';
import type { Viewer } from '../identity/viewer.ts';
import { lockWritableSession } from '../sessions/locked-session.ts';
import { checkJson, checkRequiredText, checkText } from '../writing/checks.ts';
import { databaseNow } from '../writing/statements.ts';
import type { Write } from '../writing/write.ts';

export interface AgentToSwitchTo {
  readonly sessionId: string;
  readonly toAgent: string;
  readonly reason?: string | null | undefined;
  readonly metadata?: Record<string, unknown> | null | undefined;
}

export interface AgentSwitched {
  readonly sessionId: string;
  readonly agentSwitchId: string | null;
}

type AgentContext = InferEntity<typeof AgentContextEntity>;

/** Which agent a session is with. */
export class AgentService {
  readonly #write: Write;

  constructor(write: Write) {
    this.#write = write;
  }

  async switchTo(viewer: Viewer, input: AgentToSwitchTo): Promise<AgentSwitched> {
    checkRequiredText('toAgent', input.toAgent, 100);
    checkText('reason', input.reason);
    checkJson('metadata', input.metadata);
    return this.#write(async (em) => {
      const { id: sessionId } = await lockWritableSession(em, viewer, input.sessionId);
      const context = await em.findOne(
        AgentContextEntity,
        { sessionDbId: sessionId },
        { lockMode: LockMode.PESSIMISTIC_WRITE },
      );
      if (context?.currentAgent === input.toAgent) return { sessionId, agentSwitchId: await lastSwitch(em, context) };
      return { sessionId, agentSwitchId: await recordSwitch(em, context, input, await databaseNow(em)) };
    });
  }
}

/** To the agent that the session is with; null where it came there without one. */
async function lastSwitch(em: EntityManager, { id: contextDbId, currentAgent }: AgentContext): Promise<string | null> {
  const newestFirst = { switchedAt: 'DESC', id: 'DESC' } as const;
  const toThere = { contextDbId, toAgent: currentAgent };
  const [last] = await em.find(AgentSwitchEntity, toThere, { orderBy: newestFirst, limit: 1 });
  return last?.id ?? null;
}

async function recordSwitch(
  em: EntityManager,
  context: AgentContext | null,
  input: AgentToSwitchTo,
  now: Date,
): Promise<string> {
  const id = newId();
  const fromAgent = context?.currentAgent ?? null;
  const contextDbId = await moveContext(em, context, input, now);
  await em.insert(AgentSwitchEntity, {
    id,
    contextDbId,
    fromAgent,
    toAgent: input.toAgent,
    switchedAt: now,
    reason: input.reason ?? null,
    metadataJson: input.metadata == null ? null : JSON.stringify(input.metadata),
  });
  return id;
}

async function moveContext(
  em: EntityManager,
  context: AgentContext | null,
  input: AgentToSwitchTo,
  now: Date,
): Promise<string> {
  if (context !== null) {
    context.currentAgent = input.toAgent;
    context.switchCount += 1;
    context.updatedAt = now;
    return context.id;
  }
  const id = newId();
  const { sessionId: sessionDbId, toAgent: currentAgent } = input;
  await em.insert(AgentContextEntity, {
    id,
    sessionDbId,
    currentAgent,
    createdAt: now,
    updatedAt: now,
    switchCount: 1,
    metadataJson: null,
  });
  return id;
}
