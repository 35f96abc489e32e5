import { sql } from '../../shared/sql.ts';
import type { Databases } from '../reading/reader.ts';

/**
 * Takes up to so many entries from the outbox into the audit trail; returns how many it took.
 *
 * An entry is deleted only after it is in the trail, and has the same id there: whoever is killed in between, or does
 * the same at the same time, leaves or makes no second entry. So nothing is locked, and no transaction waits for the
 * other database. While that one is down, entries wait.
 */
export async function relayOutbox({ agentRuntime, auth }: Databases, limit: number): Promise<number> {
  const waiting = await agentRuntime.query<{ id: string; entry: object }>(
    sql`SELECT id, entry FROM scrollback.outbox ORDER BY created_at, id LIMIT ${limit}`,
  );
  if (waiting.length === 0) return 0;
  await auth.query(insertEntries(JSON.stringify(waiting.map(({ entry }) => entry))));
  const ids = waiting.map(({ id }) => id);
  const taken = await agentRuntime.query(
    sql`DELETE FROM scrollback.outbox WHERE id = ANY (${ids}::text[]) RETURNING id`,
  );
  return taken.length;
}

/** A user who is gone by now is left out, as the trail does it when a user is deleted. */
const insertEntries = (entries: string): ReturnType<typeof sql> => sql`
  INSERT INTO public.audit_logs
    (id, user_id, client_id, event_type, event_data, ip_address, user_agent, success, error_message, created_at)
  SELECT entry.id, u.id, left(entry."clientId", 255), entry."eventType", entry."eventData", left(entry."ipAddress", 45), entry."userAgent",
         entry.success, NULL, entry."createdAt"
  FROM json_to_recordset(${entries}::json) AS entry
         (id text, "userId" text, "clientId" text, "eventType" text, "eventData" json, "ipAddress" text, "userAgent" text,
          success boolean, "createdAt" timestamptz)
  LEFT JOIN public.users AS u ON u.id = entry."userId"
  ORDER BY entry."createdAt", entry.id
  ON CONFLICT (id) DO NOTHING`;
