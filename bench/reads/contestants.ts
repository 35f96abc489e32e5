import { checkoutsOf } from '../support/checkouts.ts';
import type { Cluster } from '../support/cluster.ts';
import { startGateway, startPeer, type ServerProcess } from '../support/server-process.ts';
import type { Tokens } from '../support/tokens.ts';
import type { Dialect } from './workloads.ts';

export interface Contestant {
  readonly name: string;
  readonly path: string;
  readonly dialect: Dialect;
  start(cluster: Cluster, tokens: Tokens): Promise<ServerProcess>;
}

const peer = (name: string, program: string, dialect: Dialect = 'product'): Contestant => ({
  name,
  path: '/graphql',
  dialect,
  start: (cluster) => startPeer(program, cluster),
});

/** What the others are compared with. */
export const limit = peer('limit', 'limit.ts');

export const peers: readonly Contestant[] = [
  peer('mercurius', 'mercurius.ts'),
  peer('postgraphile', 'postgraphile.ts', 'postgraphile'),
  peer('yoga', 'yoga.ts'),
  peer('apollo', '../dist/apollo/main.js'),
];

export const gateways = (folders: readonly string[], env: Readonly<Record<string, string>>): Contestant[] =>
  checkoutsOf(folders).map(({ name, folder }) => ({
    name,
    path: '/graphql',
    dialect: 'product',
    start: (cluster, tokens) => startGateway(folder, cluster, tokens, env),
  }));
