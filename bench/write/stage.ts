import type { CrowdOrder, CrowdState } from '../live/crowd-process.ts';
import { subscriptionTo, type Crowd } from '../live/stage.ts';
import { openReads, type Size } from '../reads/dataset.ts';
import { idOf } from '../reads/rows.ts';
import { Child } from '../support/child.ts';
import type { Cluster } from '../support/cluster.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { openTokens, type Tokens } from '../support/tokens.ts';

const size: Size = { users: 50, sessionsPerUser: 40, messagesPerSession: 50, auditLogsPerUser: 10 };
const sessions = size.users * size.sessionsPerUser;

const allSessionIds: readonly string[] = Array.from({ length: sessions }, (_, index) => idOf('session', index + 1));
/** Those that are written to, as many as there are subscribers. */
export const sessionIds: readonly string[] = allSessionIds.slice(0, 1000);
export const otherSessionIds: readonly string[] = allSessionIds.slice(1000);

export const ownerOf = (sessionIndex: number): string => idOf('user', 1 + ((sessionIndex + 1) % size.users));

export interface WriteStage {
  readonly cluster: Cluster;
  readonly tokens: Tokens;
  readonly crowd: Crowd;
  close(): Promise<void>;
}

/** A durable PostgreSQL, because a commit that need not reach the disk is none; its tables are as filled, not as an earlier run left them. */
export async function openWriteStage(): Promise<WriteStage> {
  const cluster = await openReads('write', size, { durable: true });
  const crowd = new Child<CrowdOrder, CrowdState>(new URL('../live/crowd-process.ts', import.meta.url));
  await freshCopy(cluster);
  return {
    cluster,
    crowd,
    tokens: await openTokens(cluster.folder),
    async close() {
      await crowd.stop();
      await cluster.stop();
    },
  };
}

async function freshCopy(cluster: Cluster): Promise<void> {
  const run = (statement: string): Promise<object[]> => cluster.run('postgres', statement, 'superuser');
  const [kept] = await run(`SELECT FROM pg_database WHERE datname = 'filled'`);
  if (kept === undefined) await run('ALTER DATABASE agent_runtime RENAME TO filled');
  await run('DROP DATABASE IF EXISTS agent_runtime WITH (FORCE)');
  await run('CREATE DATABASE agent_runtime TEMPLATE filled OWNER scrollback_owner');
  await run('GRANT CONNECT ON DATABASE agent_runtime TO scrollback_gateway');
}

/** Whether each message that is written is one delivery, or none, because subscribers follow other sessions. */
export type Followed = 'written' | 'others';

/** One subscriber for each session; what they get is counted and let go. */
export async function subscribe(
  { crowd, tokens }: WriteStage,
  server: ServerProcess,
  count: number,
  followed: Followed = 'written',
): Promise<void> {
  const from = followed === 'written' ? 0 : sessionIds.length;
  const subscriptions = await Promise.all(
    allSessionIds.slice(from, from + count).map(async (id, index) => {
      const token = await tokens.of(ownerOf(from + index));
      return subscriptionTo(server.port, { id, token });
    }),
  );
  const { failures } = await crowd.do({ do: 'open', subscriptions });
  if (failures.length > 0) throw new Error(`${failures.length} subscribers failed: ${failures[0]}`);
}
