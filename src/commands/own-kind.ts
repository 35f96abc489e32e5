import { StartupError } from '../shared/errors.ts';
import { connected } from './connected.ts';
import type { Roads } from './runtime.ts';

/** A table of the other database's: where it is and our own is not, the two URLs were mixed up. */
const kinds = {
  agentRuntime: { setting: 'AGENT_RUNTIME__DB_URL', own: 'public.sessions', other: 'public.refresh_tokens' },
  auth: { setting: 'AUTH_SERVICE__DB_URL', own: 'public.refresh_tokens', other: 'public.sessions' },
} as const;

/** Throws before anything is changed where the URL leads to the other one of the two databases. */
export async function requireOwnKind({ definition, owner }: Pick<Roads, 'definition' | 'owner'>): Promise<void> {
  const { setting, own, other } = kinds[definition.name];
  const isOther = await connected(owner, async (client) => {
    const { rows } = await client.query<{ mixedUp: boolean }>(
      `SELECT to_regclass($1) IS NULL AND to_regclass($2) IS NOT NULL AS "mixedUp"`,
      [own, other],
    );
    return rows[0]?.mixedUp === true;
  });
  if (!isOther) return;
  throw new StartupError(
    `${setting} leads to ${owner.masked}, which has ${other} and no ${own}: it is the other one of the two databases. Give each URL its own database.`,
  );
}
