import type { Database } from '../../databases/database.ts';
import { sql } from '../../shared/sql.ts';

/**
 * Writes down, for up to so many requests, that the time to decide is over, which tells those who follow them; returns
 * for how many. What somebody else has locked is being decided, or left to the next time.
 */
export async function expireApprovals(database: Database, limit: number): Promise<number> {
  const expired = await database.write(sql`
    UPDATE public.pending_approvals SET status = 'expired' WHERE id IN (
      SELECT p.id FROM public.pending_approvals AS p
      WHERE p.status = 'pending' AND p.expires_at <= clock_timestamp()
      ORDER BY p.expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING id`);
  return expired.length;
}
