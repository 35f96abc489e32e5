import { agentRuntimeViews, authViews } from '../peers/postgraphile-views.ts';
import type { Cluster } from '../support/cluster.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { openTokens, type Tokens } from '../support/tokens.ts';
import type { Contestant } from './contestants.ts';
import { openReads, sizes, type Size } from './dataset.ts';

export interface Entrant {
  readonly contestant: Contestant;
  readonly server: ServerProcess;
}

/** The filled database and all contestants, running side by side. */
export interface Arena {
  readonly size: Size;
  readonly cluster: Cluster;
  readonly tokens: Tokens;
  readonly entrants: readonly Entrant[];
  close(): Promise<void>;
}

export async function openArena(sizeName: string, contestants: readonly Contestant[]): Promise<Arena> {
  const size = sizes[sizeName];
  if (size === undefined) throw new Error(`--size is one of ${Object.keys(sizes).join(', ')}`);
  const cluster = await openReads(`reads-${sizeName}`, size, { durable: false });
  const entrants: Entrant[] = [];
  const close = async (): Promise<void> => {
    for (const { server } of entrants) await server.stop();
    await cluster.stop();
  };
  try {
    await cluster.run('agent_runtime', agentRuntimeViews);
    await cluster.run('auth_db', authViews);
    const tokens = await openTokens(cluster.folder);
    for (const contestant of contestants) {
      entrants.push({ contestant, server: await contestant.start(cluster, tokens) });
    }
    return { size, cluster, tokens, entrants, close };
  } catch (error) {
    await close();
    throw error;
  }
}
