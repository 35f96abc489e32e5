import { AgentContextEntity } from '../../entities/agent-runtime/agent-context.ts';
import { AgentSwitchEntity } from '../../entities/agent-runtime/agent-switch.ts';
import { ChatEventEntity } from '../../entities/agent-runtime/chat-event.ts';
import { SessionEntity } from '../../entities/agent-runtime/session.ts';
import { insertIfNew } from '../writing/statements.ts';
import { playCall } from './play-call.ts';
import { addMessage, idIn, type Stage } from './stage.ts';
import type { SessionScript, Turn } from './script.ts';
import { hoursAfter, momentsOf, startOf, type Moment } from './times.ts';

/** Writes a session turn by turn, so that its log tells it in the order in which it happened; false when it is there already. */
export async function playSession(stage: Stage): Promise<boolean> {
  const { script, now } = stage;
  const moments = momentsOf(script, now);
  if (!(await openSession(stage, moments.at(-1)?.end ?? now))) return false;
  await addAgentContext(stage, moments);
  for (const [index, turn] of script.turns.entries()) {
    const moment = moments[index];
    if (moment !== undefined) await play(stage, turn, index, moment);
  }
  return true;
}

function openSession({ em, script, sessionId, users, now }: Stage, lastActivity: Date): Promise<boolean> {
  const ended = hoursAfter(lastActivity, 0.1);
  const owner = users.get(script.owner);
  return insertIfNew(em, SessionEntity, {
    id: sessionId,
    title: script.title,
    description: null,
    createdAt: startOf(script, now),
    lastActivity,
    isActive: script.ending === 'open',
    deletedAt: null,
    userId: owner?.id ?? null,
    tenantId: owner?.tenantId ?? null,
    metadata: { ...script.metadata },
    lifetimeSeconds: null,
    closedAt: script.ending === 'open' ? null : ended,
    archivedAt: script.ending === 'archived' ? ended : null,
  });
}

const agentsOf = (script: SessionScript): string[] =>
  script.turns.flatMap((turn) => ('agent' in turn ? [turn.agent] : []));

async function addAgentContext(stage: Stage, moments: readonly Moment[]): Promise<void> {
  const { em, script, sessionId, now } = stage;
  const agents = agentsOf(script);
  const lastSwitch = script.turns.findLastIndex((turn) => 'agent' in turn);
  await em.insert(AgentContextEntity, {
    id: idIn(stage, 'context'),
    sessionDbId: sessionId,
    currentAgent: agents.at(-1) ?? 'universal',
    createdAt: startOf(script, now),
    updatedAt: moments[lastSwitch]?.begin ?? startOf(script, now),
    switchCount: agents.length,
    metadataJson: null,
  });
}

async function play(stage: Stage, turn: Turn, index: number, moment: Moment): Promise<void> {
  if ('user' in turn) return addMessage(stage, `${index}`, { role: 'user', content: turn.user, at: moment.begin });
  if ('assistant' in turn)
    return addMessage(stage, `${index}`, { role: 'assistant', content: turn.assistant, at: moment.begin });
  if ('call' in turn) return playCall(stage, turn, index, moment);
  if ('agent' in turn) return switchAgent(stage, turn.agent, turn.reason, index, moment);
  await stage.em.insert(ChatEventEntity, {
    id: idIn(stage, `${index}`),
    sessionId: stage.sessionId,
    userId: stage.users.get(stage.script.owner)?.id ?? null,
    tenantId: stage.users.get(stage.script.owner)?.tenantId ?? null,
    eventType: turn.event,
    eventData: { ...turn.data },
    createdAt: moment.begin,
  });
}

async function switchAgent(
  stage: Stage,
  agent: string,
  reason: string,
  index: number,
  { begin }: Moment,
): Promise<void> {
  const earlier = { ...stage.script, turns: stage.script.turns.slice(0, index) };
  await stage.em.insert(AgentSwitchEntity, {
    id: idIn(stage, `${index}`),
    contextDbId: idIn(stage, 'context'),
    fromAgent: agentsOf(earlier).at(-1) ?? null,
    toAgent: agent,
    switchedAt: begin,
    reason,
    metadataJson: null,
  });
}
