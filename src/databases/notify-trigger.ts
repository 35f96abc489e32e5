import type { ClientBase } from 'pg';
import type { DatabaseName } from './database-name.ts';
import { giveWay } from './migrations/give-way.ts';
import { isRetryable } from './database-errors.ts';

/** What others write, and where a notification is worth its price. */
const tables: Readonly<Record<DatabaseName, readonly string[]>> = {
  agentRuntime: ['sessions', 'messages', 'agent_switches', 'pending_approvals'],
  auth: ['audit_logs'],
};
const trigger = 'scrollback_notify';
const attempts = 90;

/**
 * Triggers that send a notification with every transaction that writes: wake-ups for other services' writes where the
 * write-ahead log cannot be followed. All commits that notify queue for one lock, so this is never there by itself.
 */
export async function setNotifyTrigger(client: ClientBase, name: DatabaseName, on: boolean): Promise<void> {
  const changes = tables[name].map((table) =>
    on
      ? `CREATE OR REPLACE TRIGGER ${trigger} AFTER INSERT OR UPDATE OR DELETE ON public.${table}
         FOR EACH STATEMENT EXECUTE FUNCTION scrollback.notify_written()`
      : `DROP TRIGGER IF EXISTS ${trigger} ON public.${table}`,
  );
  const work = ['BEGIN', giveWay, ...(on ? [notifyFunction] : []), ...changes];
  for (let attempt = 1; ; attempt += 1) {
    try {
      for (const statement of work) await client.query(statement);
      await client.query('COMMIT');
      return;
    } catch (error) {
      await client.query('ROLLBACK');
      if (!isRetryable(error) || attempt === attempts) throw error;
    }
  }
}

export async function notifyTriggerState(client: ClientBase, name: DatabaseName): Promise<boolean> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pg_trigger WHERE tgname = $1 AND tgrelid = ANY ($2::regclass[])',
    [trigger, tables[name].map((table) => `public.${table}`)],
  );
  return rows[0]?.count === tables[name].length;
}

/** Equal notifications of a transaction are one. */
const notifyFunction = /* sql */ `
CREATE OR REPLACE FUNCTION scrollback.notify_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NOTIFY scrollback_written;
  RETURN NULL;
END
$$;
`;
