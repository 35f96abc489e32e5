import type { KeysReport } from '../services/identity/remote-keys.ts';
import { sql } from '../shared/sql.ts';
import type { Databases } from '../services/reading/reader.ts';

/** How a database's changes are noticed, and why not in a better way. */
export interface WakeUpReport {
  readonly mode: string;
  readonly notUsed: Readonly<Partial<Record<string, string>>>;
}

export type WakeUpReports = () => Readonly<Record<keyof Databases, WakeUpReport>>;

interface DatabaseReadiness {
  readonly reachable: boolean;
  readonly wakeUps: WakeUpReport;
}

interface TokenKeysReadiness {
  readonly known: boolean;
  readonly reachable: boolean;
}

export interface Readiness {
  readonly ready: boolean;
  /** Only where an issuer elsewhere has the keys. */
  readonly tokenKeys?: TokenKeysReadiness;
  readonly databases: Readonly<Record<'agent_runtime' | 'auth_db', DatabaseReadiness>>;
}

const checkTimeoutMs = 2000;

/**
 * Ready as long as at least one database answers: what needs only the other one still works, and a gateway that is
 * taken out of the balancer for it would serve nobody. The answer says which one is down. Likewise with an issuer that
 * is away, as long as its keys are known; a gateway that never had them can check no token, and others may.
 */
export async function readiness(
  databases: Databases,
  wakeUps: WakeUpReports,
  tokenKeys: KeysReport | null,
): Promise<Readiness> {
  const [agentRuntime, auth] = await Promise.all([reachable(databases.agentRuntime), reachable(databases.auth)]);
  const reports = wakeUps();
  return {
    ready: (agentRuntime || auth) && tokenKeys?.known !== false,
    ...(tokenKeys !== null && {
      tokenKeys: { known: tokenKeys.known, reachable: tokenKeys.failure === undefined },
    }),
    databases: {
      agent_runtime: { reachable: agentRuntime, wakeUps: reports.agentRuntime },
      auth_db: { reachable: auth, wakeUps: reports.auth },
    },
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
