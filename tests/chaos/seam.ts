import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { internalApiKey } from './gateway-process.ts';
import type { SeededRandom } from './random.ts';
import type { World } from './world.ts';

export interface SeamOptions {
  readonly world: World;
  readonly random: SeededRandom;
  readonly subscriptions: number;
  readonly messagesPerSecond: number;
  /** Messages that are there before the first subscription. */
  readonly history: number;
}

export interface SeamResult {
  readonly tried: number;
  readonly failures: readonly string[];
  readonly written: number;
  /** How many of the events that were compared had been there before their subscription. */
  readonly fromHistory: number;
  readonly compared: number;
}

const sessionId = 'seam';
/** So many messages behind the end a client may begin, and so many it then reads. */
const farthestBehind = 60;
const eventsPerSubscription = 70;
const concurrency = 8;

interface Page {
  readonly session: {
    readonly messages: { readonly edges: readonly { cursor: string; node: { sequence: number } }[] };
  };
}

/** Reads a page at some moment, subscribes after some cursor of it a little later, and counts on from there. */
export async function trySeam({ world, random, ...options }: SeamOptions): Promise<SeamResult> {
  await world.addSessions([sessionId]);
  await write(world, 'history', options.history);
  // What autovacuum does within a minute.
  await world.cluster.run('agent_runtime', 'owner', 'ANALYZE');
  const writer = startWriter(world, options.messagesPerSecond);
  const failures: string[] = [];
  let left = options.subscriptions;
  let fromHistory = 0;
  const [gateway] = world.of('ours');
  const worker = async (): Promise<void> => {
    const client = clientOf(gateway?.webSocketUrl ?? '');
    while (left > 0) {
      left -= 1;
      const behind = 1 + random.below(farthestBehind);
      await sleep(random.below(100));
      const outcome = await tryOnce(client, behind, random.below(30));
      fromHistory += behind - 1;
      if (outcome !== null) failures.push(outcome);
    }
    await client.dispose();
  };
  const outcomes = await Promise.all([
    tryFromTheBeginning(clientOf(gateway?.webSocketUrl ?? ''), options.history + options.subscriptions),
    ...Array.from({ length: concurrency }, worker),
  ]);
  failures.push(...outcomes.filter((outcome) => typeof outcome === 'string'));
  const written = await writer.stop();
  const compared = options.subscriptions * eventsPerSubscription + options.history + options.subscriptions;
  return { tried: options.subscriptions, failures, written, fromHistory, compared };
}

async function tryOnce(client: Client, behind: number, hesitationMs: number): Promise<string | null> {
  const { session } = await first<Page>(
    client,
    `query ($id: ID!, $last: Int!) { session(id: $id) { messages(last: $last) { edges { cursor node { sequence } } } } }`,
    { id: sessionId, last: behind },
  );
  const [start] = session.messages.edges;
  if (start === undefined) return 'an empty page';
  await sleep(hesitationMs);
  const wanted = Array.from({ length: eventsPerSubscription }, (_, index) => start.node.sequence + 1 + index);
  const got = await take(client, start.cursor, wanted.length);
  return got.join() === wanted.join() ? null : `after ${start.node.sequence}: ${got.join(' ')}`;
}

/** All that was there and more that comes meanwhile. */
async function tryFromTheBeginning(client: Client, count: number): Promise<string | null> {
  const { session } = await first<Page>(
    client,
    `query ($id: ID!) { session(id: $id) { messages(first: 1) { edges { cursor node { sequence } } } } }`,
    { id: sessionId },
  );
  const got = await take(client, session.messages.edges[0]?.cursor ?? '', count);
  await client.dispose();
  return got.length === count && got.every((sequence, index) => sequence === index + 2)
    ? null
    : `from the beginning: ${got.length} of ${count}`;
}

async function take(client: Client, after: string, count: number): Promise<number[]> {
  const got: number[] = [];
  const timeout = AbortSignal.timeout(30_000);
  const events = client.iterate<{ messageAdded: { node: { sequence: number } } }>({
    query: `subscription ($id: ID!, $after: String) { messageAdded(sessionId: $id, after: $after) { node { sequence } } }`,
    variables: { id: sessionId, after },
  });
  timeout.addEventListener('abort', () => void events.return?.());
  for await (const { data } of events) {
    if (data != null) got.push(data.messageAdded.node.sequence);
    if (got.length === count) break;
  }
  return got;
}

async function first<Data>(client: Client, query: string, variables: Record<string, unknown>): Promise<Data> {
  for await (const { data, errors } of client.iterate<Data>({ query, variables })) {
    if (data != null) return data;
    throw new Error(JSON.stringify(errors));
  }
  throw new Error('no answer');
}

const clientOf = (url: string): Client =>
  createClient({ url, webSocketImpl: WebSocket, connectionParams: { 'x-internal-auth': internalApiKey } });

const write = (world: World, prefix: string, count: number): Promise<unknown> =>
  world.cluster.run(
    'agent_runtime',
    'owner',
    `INSERT INTO messages (id, session_db_id, role, content)
     SELECT '${prefix}-' || n, '${sessionId}', 'user', 'seam' FROM generate_series(1, ${count}) AS n`,
  );

/** One transaction per message, at a steady rate. */
function startWriter(world: World, messagesPerSecond: number): { stop(): Promise<number> } {
  const stopping = new AbortController();
  let written = 0;
  const work = (async () => {
    const client = await world.cluster.connect('agent_runtime', 'owner');
    const start = performance.now();
    while (!stopping.signal.aborted) {
      const due = Math.floor(((performance.now() - start) / 1000) * messagesPerSecond);
      for (; written < due; written += 1) {
        await client.query(
          `INSERT INTO messages (id, session_db_id, role, content) VALUES ($1, '${sessionId}', 'user', 'seam')`,
          [`live-${written}`],
        );
      }
      await sleep(2);
    }
    await client.end();
  })();
  return {
    stop: async () => {
      stopping.abort();
      await work;
      return written;
    },
  };
}
