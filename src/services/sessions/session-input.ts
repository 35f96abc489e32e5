import { validate as isUuid } from 'uuid';
import { badInput } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
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

/**
 * Ids are one space for all tenants, so that one is taken says that somebody has it. Whoever sees all sessions learns
 * nothing by that; the others choose among ids that nobody can guess.
 */
export function checkNewSession(viewer: Viewer, input: SessionToCreate): void {
  checkNewId('id', input.id);
  if (input.id != null && !viewer.isAdmin && !isUuid(input.id)) {
    throw badInput('`id` must be a UUID; only administrators and internal services choose other ids.', {
      argument: 'id',
    });
  }
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
