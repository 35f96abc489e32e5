import type pg from 'pg';
import type { Sql } from '../../shared/sql.ts';

/** The role that a viewer's reads become; it sees only the rows that its policies let through. */
export const viewerRole = 'scrollback_viewer';

/** Transaction-local settings by which the policies know for whom a statement reads; without them they show nothing. */
export interface ReadFor {
  readonly user: string;
  readonly tenant: string;
  readonly sessions: 'all' | 'tenant' | 'own' | 'none';
  readonly users: 'all' | 'tenant' | 'own';
  readonly trails: 'all' | 'tenant' | 'own' | 'none';
}

/** A statement, and for whom it reads; ours where that is absent. */
export interface Statement extends Pick<Sql, 'text' | 'values'> {
  readonly readFor?: ReadFor;
}

export const readFor = (statement: Sql, reading: ReadFor): Statement => ({
  text: statement.text,
  values: statement.values,
  readFor: reading,
});

const becomeViewer = {
  name: 'sb_become_viewer',
  text: `SELECT set_config('role', '${viewerRole}', true), set_config('scrollback.viewer_user', $1, true),
    set_config('scrollback.viewer_tenant', $2, true), set_config('scrollback.viewer_sessions', $3, true),
    set_config('scrollback.viewer_users', $4, true), set_config('scrollback.viewer_trails', $5, true)`,
};

/**
 * Runs a query as the viewer's role, in a transaction of its own. The pool pipelines: the four steps travel together. If
 * one of them fails, so do those that follow, and what the query answered is not used.
 */
export async function runAsViewer(
  client: pg.PoolClient,
  query: pg.QueryConfig,
  reading: ReadFor,
): Promise<pg.QueryResult> {
  const { user, tenant, sessions, users, trails } = reading;
  const steps = await Promise.allSettled([
    client.query('BEGIN READ ONLY'),
    client.query({ ...becomeViewer, values: [user, tenant, sessions, users, trails] }),
    client.query(query),
    client.query('COMMIT'),
  ]);
  const failure = steps.find((step) => step.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return (steps[2] as PromiseFulfilledResult<pg.QueryResult>).value;
}
