import type { ClientBase } from 'pg';

const sessionsAtOnce = 50;

export interface Reconciled {
  readonly sessions: number;
  readonly events: number;
}

/**
 * Compares the messages of all sessions with the log, and tells it what was written past it, where triggers were off.
 * For the owner of the tables; services may go on writing.
 */
export async function reconcile(owner: ClientBase): Promise<Reconciled> {
  const done = { sessions: 0, events: 0 };
  for (
    let step = await reconcileAfter(owner, null);
    step.last !== null;
    step = await reconcileAfter(owner, step.last)
  ) {
    done.sessions += step.sessions;
    done.events += Number(step.events);
  }
  return done;
}

interface Step {
  readonly last: string | null;
  readonly sessions: number;
  readonly events: string;
}

async function reconcileAfter(owner: ClientBase, sessionId: string | null): Promise<Step> {
  const { rows } = await owner.query<Step>(
    'SELECT last_session_id AS last, sessions, events FROM scrollback.reconcile_sessions($1, $2)',
    [sessionId, sessionsAtOnce],
  );
  return rows[0] as Step;
}
