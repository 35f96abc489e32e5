import { basename, resolve } from 'node:path';
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

export const peers: readonly Contestant[] = [];

const ownCheckout = resolve(import.meta.dirname, '../..');

/** The gateways of these checkouts; of this one where none is named. */
export function gateways(folders: readonly string[]): Contestant[] {
  const checkouts = folders.length === 0 ? [ownCheckout] : folders.map((folder) => resolve(folder));
  return checkouts.map((checkout) => ({
    name: checkouts.length === 1 ? 'scrollback' : `scrollback (${basename(checkout)})`,
    path: '/graphql',
    dialect: 'product',
    start: (cluster, tokens) => startGateway(checkout, cluster, tokens),
  }));
}
