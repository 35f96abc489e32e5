import { badInput } from '../../shared/errors.ts';
import { checkJson, checkRequiredText, checkText } from '../writing/checks.ts';

export interface ApprovalToRequest {
  readonly sessionId: string;
  readonly requestId?: string | null | undefined;
  readonly requestType?: string | null | undefined;
  readonly subject?: string | null | undefined;
  readonly details?: unknown;
  readonly toolCallId?: string | null | undefined;
  readonly toolName?: string | null | undefined;
  readonly arguments?: unknown;
  readonly reason?: string | null | undefined;
  readonly expiresAt?: Date | null | undefined;
}

export interface DecisionToMake {
  readonly approvalId: string;
  readonly decision: 'APPROVE' | 'EDIT' | 'REJECT';
  readonly modifiedArguments?: unknown;
  readonly reason?: string | null | undefined;
}

export interface ApprovalToCancel {
  readonly approvalId: string;
  readonly reason?: string | null | undefined;
}

export const defaultRequestType = 'tool';

export function checkRequest(input: ApprovalToRequest): void {
  if (input.requestId != null) checkRequiredText('requestId', input.requestId, 255);
  checkRequiredText('requestType', input.requestType ?? defaultRequestType, 50);
  checkText('subject', input.subject, 200);
  checkJson('details', input.details);
  checkText('toolCallId', input.toolCallId, 255);
  checkText('toolName', input.toolName, 255);
  checkJson('arguments', input.arguments);
  checkText('reason', input.reason);
}

export function checkDecision(input: DecisionToMake): void {
  checkJson('modifiedArguments', input.modifiedArguments);
  checkText('reason', input.reason);
  const hasArguments = input.modifiedArguments != null;
  if (hasArguments === (input.decision === 'EDIT')) return;
  throw badInput(
    hasArguments
      ? '`modifiedArguments` belong to the decision EDIT only.'
      : 'The decision EDIT needs `modifiedArguments`.',
    { argument: 'modifiedArguments' },
  );
}
