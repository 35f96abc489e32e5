import sql from 'sql-template-tag';
import type { Databases } from '../services/reading/reader.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly databases: Readonly<Record<string, { readonly reachable: boolean }>>;
}

const checkTimeoutMs = 2000;

/**
 * Ready as long as at least one database answers: what needs only the other one still works, and a gateway that is
 * taken out of the balancer for it would serve nobody. The answer says which one is down.
 */
export async function readiness(databases: Databases): Promise<Readiness> {
  const [agentRuntime, auth] = await Promise.all([reachable(databases.agentRuntime), reachable(databases.auth)]);
  return {
    ready: agentRuntime || auth,
    databases: { agent_runtime: { reachable: agentRuntime }, auth_db: { reachable: auth } },
  };
}

async function reachable(database: Databases['auth']): Promise<boolean> {
  const timeout = AbortSignal.timeout(checkTimeoutMs);
  const expired = new Promise<boolean>((resolve) =>
    timeout.addEventListener('abort', () => resolve(false), { once: true }),
  );
  const answered = database.query(sql`SELECT 1`).then(
    () => true,
    () => false,
  );
  return Promise.race([answered, expired]);
}
