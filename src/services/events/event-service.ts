import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from '../../shared/sql.ts';
import { badInput, notFound } from '../../shared/errors.ts';
import type { Viewer } from '../identity/viewer.ts';
import { sessionVisible } from '../identity/visibility.ts';
import { checkJson, isPossibleId } from '../writing/checks.ts';
import { databaseNow, run } from '../writing/statements.ts';
import type { Write } from '../writing/write.ts';
import { insertEvent } from './insert-event.ts';

export interface EventToTrack {
  readonly eventType: string;
  readonly sessionId?: string | null | undefined;
  readonly data?: Record<string, unknown> | null | undefined;
}

export interface EventTracked {
  readonly eventId: string;
}

const eventTypePattern = /^[a-z][a-z0-9_.]{0,99}$/;

/** Events of the chat's user interface, with a session or without. */
export class EventService {
  readonly #write: Write;

  constructor(write: Write) {
    this.#write = write;
  }

  async track(viewer: Viewer, input: EventToTrack): Promise<EventTracked> {
    checkEvent(input);
    const sessionId = input.sessionId ?? null;
    return this.#write(async (em) => {
      if (sessionId !== null) await checkSession(em, viewer, sessionId);
      const { userId, tenantId } = viewer;
      const event = { sessionId, userId, tenantId, eventType: input.eventType, eventData: input.data ?? {} };
      return { eventId: await insertEvent(em, event, await databaseNow(em)) };
    });
  }
}

function checkEvent(input: EventToTrack): void {
  if (!eventTypePattern.test(input.eventType)) {
    throw badInput(
      '`eventType` is made of lower-case letters, digits, _ and ., starts with a letter and has at most 100 characters.',
      {
        argument: 'eventType',
      },
    );
  }
  checkJson('data', input.data);
}

async function checkSession(em: EntityManager, viewer: Viewer, sessionId: string): Promise<void> {
  const visible = sql`SELECT s.id FROM public.sessions AS s
    WHERE s.id = ${sessionId} AND s.deleted_at IS NULL AND ${sessionVisible(viewer)}`;
  const found = isPossibleId(sessionId) ? await run(em, visible) : [];
  if (found.length === 0) throw notFound('The session');
}
