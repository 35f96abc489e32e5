import sql from 'sql-template-tag';
import type { Identity } from './identity.ts';
import type { Runtime } from './runtime.ts';

const pageTokenSeconds = 12 * 60 * 60;

/** GraphiQL's headers at a first look: a token of the demo user, so that the first query answers. */
export function demoHeaders({ issuer }: Identity, { databases }: Runtime): () => Promise<Record<string, string>> {
  return async (): Promise<Record<string, string>> => {
    const [demo] = await databases.auth.query<{ id: string; tenantId: string }>(
      sql`SELECT id, tenant_id AS "tenantId" FROM public.users WHERE username = 'demo'`,
    );
    if (issuer === null || demo === undefined) return {};
    const token = await issuer.issue({
      userId: demo.id,
      tenantId: demo.tenantId,
      scopes: ['api:read', 'api:write'],
      expiresInSeconds: pageTokenSeconds,
    });
    return { Authorization: `Bearer ${token}` };
  };
}
