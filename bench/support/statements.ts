import type { Cluster } from './cluster.ts';

/** How many statements the gateway's role and the peers', the owner's, have had answered so far. */
export async function countStatements(cluster: Cluster): Promise<number> {
  const [row] = await cluster.run<{ calls: number }>(
    'agent_runtime',
    `SELECT coalesce(sum(calls), 0)::float8 AS calls FROM pg_stat_statements AS s
     JOIN pg_roles AS r ON r.oid = s.userid WHERE r.rolname IN ('scrollback_gateway', 'scrollback_owner')`,
    'superuser',
  );
  return row?.calls ?? 0;
}
