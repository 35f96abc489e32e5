import type { LoadOrder, LoadResult } from '../reads/load-process.ts';
import { wireText } from '../reads/questions.ts';
import type { Child } from '../support/child.ts';
import type { Cluster } from '../support/cluster.ts';
import { median } from '../support/numbers.ts';
import { cpuSecondsOfFamily } from '../support/process-usage.ts';
import type { ServerProcess } from '../support/server-process.ts';

export interface Cost {
  readonly p50: number;
  /** PostgreSQL's CPU per request in milliseconds. */
  readonly postgresMs: number;
  /** Blocks of tables and indexes that PostgreSQL looked at per request: the same on every machine. */
  readonly blocks: number;
}

export interface Bench {
  readonly cluster: Cluster;
  readonly server: ServerProcess;
  readonly load: Child<LoadOrder, LoadResult>;
}

const rounds = 3;
const roundMs = 1000;

/** Each question again and again over one connection, in turns; medians of the turns. */
export async function costsOf(bench: Bench, bodies: readonly string[], token: string): Promise<Cost[]> {
  const turns = bodies.map((): Cost[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, body] of bodies.entries()) {
      const cost = await turn(bench, body, token);
      // In the first round everybody warms up.
      if (round > 0) turns[index]?.push(cost);
    }
  }
  return turns.map((all) => ({
    p50: median(all.map((cost) => cost.p50)),
    postgresMs: median(all.map((cost) => cost.postgresMs)),
    blocks: median(all.map((cost) => cost.blocks)),
  }));
}

async function turn(bench: Bench, body: string, token: string): Promise<Cost> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const order = { port: bench.server.port, requests: [wireText('/graphql', { body, headers })], connections: 1 };
  const cpu = cpuSecondsOfFamily(bench.cluster.pid);
  const blocks = await blocksOf(bench.cluster);
  const { answered, wrong, p50 } = await bench.load.do({ ...order, milliseconds: roundMs });
  if (wrong > 0) throw new Error(`${wrong} wrong answers to ${body}`);
  return {
    p50,
    postgresMs: ((cpuSecondsOfFamily(bench.cluster.pid) - cpu) / answered) * 1000,
    blocks: ((await blocksOf(bench.cluster)) - blocks) / answered,
  };
}

async function blocksOf(cluster: Cluster): Promise<number> {
  const [row] = await cluster.run<{ blocks: number }>(
    'agent_runtime',
    `SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)::float8 AS blocks FROM pg_stat_statements AS s
     JOIN pg_roles AS r ON r.oid = s.userid WHERE r.rolname = 'scrollback_gateway'`,
    'superuser',
  );
  return row?.blocks ?? 0;
}
