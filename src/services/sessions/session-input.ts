import { badInput } from '../../shared/errors.ts';
import { checkJson, checkNewId, checkText } from '../writing/checks.ts';
import type { WantedOwnership } from './session-ownership.ts';

/** What can be said of a session, new or not. */
interface SessionFields extends WantedOwnership {
  readonly title?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly metadata?: Record<string, unknown> | null | undefined;
  readonly lifetimeSeconds?: number | null | undefined;
}

export interface SessionToCreate extends SessionFields {
  readonly id?: string | null | undefined;
}

/** What is undefined stays as it is; null clears. */
export interface SessionChanges extends SessionFields {
  readonly sessionId: string;
}

const maxTitleLength = 500;

export function checkNewSession(input: SessionToCreate): void {
  checkNewId('id', input.id);
  checkSession(input);
}

export function checkSession(input: SessionFields): void {
  checkText('title', input.title, maxTitleLength);
  checkText('description', input.description);
  checkJson('metadata', input.metadata);
  if (input.lifetimeSeconds != null && input.lifetimeSeconds <= 0) {
    throw badInput('`lifetimeSeconds` must be more than 0.', { argument: 'lifetimeSeconds' });
  }
}
