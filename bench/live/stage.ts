import { openReads, sizes, type Size } from '../reads/dataset.ts';
import { idOf } from '../reads/rows.ts';
import { Child } from '../support/child.ts';
import type { Cluster } from '../support/cluster.ts';
import { openTokens, type Tokens } from '../support/tokens.ts';
import type { CrowdOrder, CrowdState } from './crowd-process.ts';
import type { Subscription } from './subscriber.ts';

export type Crowd = Child<CrowdOrder, CrowdState>;

export const followMessages =
  'subscription Follow($session: ID!) { messageAdded(sessionId: $session) { cursor node { id sequence role content createdAt } } }';

/** What the live benchmarks share: a durable PostgreSQL with some sessions, and a crowd of subscribers. */
export interface Stage {
  readonly cluster: Cluster;
  readonly tokens: Tokens;
  readonly crowd: Crowd;
  /** A session of its own for each number, with its owner's token. */
  session(number: number): Promise<{ readonly id: string; readonly token: string }>;
  close(): Promise<void>;
}

const size = sizes['small'] as Size;

export async function openStage(): Promise<Stage> {
  const cluster = await openReads('live', size, { durable: true });
  const crowd: Crowd = new Child(new URL('crowd-process.ts', import.meta.url));
  const close = async (): Promise<void> => {
    await crowd.stop();
    await cluster.stop();
  };
  try {
    const tokens = await openTokens(cluster.folder);
    return {
      cluster,
      tokens,
      crowd,
      async session(number) {
        const place = 1 + (number % (size.users * size.sessionsPerUser));
        const token = await tokens.of(idOf('user', 1 + (place % size.users)));
        return { id: idOf('session', place), token };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export const subscriptionTo = (port: number, session: { id: string; token: string }): Subscription => ({
  port,
  token: session.token,
  query: followMessages,
  variables: { session: session.id },
});

/** A subscription is not acknowledged: it is there when an event has come. */
export async function untilAllFollow(crowd: Crowd, write: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    await write();
    const state = await crowd.do({ do: 'await', events: 1, withinMs: 2000 });
    if (state.failures.length > 0) throw new Error(`${state.failures.length} subscribers failed: ${state.failures[0]}`);
    if (state.fewest >= 1) break;
    if (Date.now() > deadline) throw new Error('not all subscribers have had an event');
  }
  for (let before = -1, state = await crowd.do({ do: 'await', events: 1, withinMs: 0 }); state.total !== before;) {
    before = state.total;
    state = await crowd.do({ do: 'await', events: Number.MAX_SAFE_INTEGER, withinMs: 1000 });
  }
  await crowd.do({ do: 'reset' });
}
