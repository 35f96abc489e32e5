import { PendingApprovalEntity } from '../../entities/agent-runtime/pending-approval.ts';
import { ToolUsageEntity } from '../../entities/agent-runtime/tool-usage.ts';
import type { ApprovalScript, CallTurn } from './script.ts';
import { addMessage, idIn, type Stage } from './stage.ts';
import { decisionMs, hoursAfter, type Moment } from './times.ts';

/** The assistant asks for a call; a human may have to agree; the tool answers, and its server records what it did. */
export async function playCall(stage: Stage, turn: CallTurn, index: number, moment: Moment): Promise<void> {
  const callId = `call_${idIn(stage, `${index}/call`).replaceAll('-', '').slice(0, 24)}`;
  await addMessage(stage, `${index}`, {
    role: 'assistant',
    content: null,
    toolCalls: askFor(callId, turn),
    at: moment.begin,
  });
  if (turn.approval !== undefined) await playApproval(stage, turn, turn.approval, callId, index, moment.begin);
  if (turn.result === undefined) return;
  await recordUsage(stage, turn, callId, index, moment.end);
  const content = JSON.stringify(turn.result);
  await addMessage(stage, `${index}/answer`, {
    role: 'tool',
    content,
    toolName: turn.call,
    toolCallId: callId,
    at: moment.end,
  });
}

const askFor = (id: string, { call, arguments: given }: CallTurn): string =>
  JSON.stringify([{ id, type: 'function', function: { name: call, arguments: JSON.stringify(given) } }]);

async function recordUsage(stage: Stage, turn: CallTurn, callId: string, index: number, at: Date): Promise<void> {
  await stage.em.insert(ToolUsageEntity, {
    id: idIn(stage, `${index}/usage`),
    sessionId: stage.sessionId,
    messageId: idIn(stage, `${index}`),
    callId,
    toolName: turn.call,
    serverName: turn.server,
    arguments: turn.approval?.decision?.modifiedArguments ?? turn.arguments,
    result: turn.result,
    error: turn.error ?? null,
    executionTimeMs: turn.milliseconds,
    createdAt: at,
    asked: true,
  });
}

async function playApproval(
  stage: Stage,
  turn: CallTurn,
  approval: ApprovalScript,
  callId: string,
  index: number,
  at: Date,
): Promise<void> {
  const id = idIn(stage, `${index}/approval`);
  await stage.em.insert(PendingApprovalEntity, {
    id,
    requestId: `demo-${stage.script.key}-${index}`,
    requestType: approval.type,
    subject: approval.subject,
    details: { agentWaits: true },
    callId,
    sessionId: stage.sessionId,
    toolName: turn.call,
    arguments: turn.arguments,
    reason: approval.reason,
    createdAt: at,
    status: 'pending',
    decisionAt: null,
    decisionReason: null,
    expiresAt: approval.expiresAfterHours === undefined ? null : hoursAfter(at, approval.expiresAfterHours),
    decidedBy: null,
    modifiedArguments: null,
  });
  if (approval.decision !== undefined) await decide(stage, id, approval.decision, at);
}

async function decide(
  stage: Stage,
  id: string,
  decision: NonNullable<ApprovalScript['decision']>,
  asked: Date,
): Promise<void> {
  await stage.em.nativeUpdate(
    PendingApprovalEntity,
    { id },
    {
      status: decision.status,
      decisionAt: new Date(asked.getTime() + decisionMs),
      decisionReason: decision.reason ?? null,
      decidedBy: stage.users.get(decision.by)?.id ?? null,
      modifiedArguments: decision.modifiedArguments ?? null,
    },
  );
}
