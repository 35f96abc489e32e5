import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../support/server-process.ts';
import { quantile } from '../support/numbers.ts';
import type { Moments } from './crowd-process.ts';
import { subscriptionTo, untilAllFollow, type Stage } from './stage.ts';
import { Writer } from './writer.ts';

export interface Latency {
  readonly commitsPerSecond: number;
  readonly deliveries: number;
  /** When gateway, clients and the server's processes have been at it for a while, and right after they were started. */
  readonly steady: Quantiles;
  readonly first: Quantiles;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** In which code is compiled, and each connection of the pool makes its plans. */
export const firstSeconds = 3;

const sessionsFollowed = 50;
const subscribersEach = 2;
const connections = 8;

/** From the moment that the writer knows of its commit to the arrival at a client, in milliseconds. */
export async function latency(stage: Stage, server: ServerProcess, rate: number, seconds: number): Promise<Latency> {
  const { crowd } = stage;
  const sessions = await Promise.all(Array.from({ length: sessionsFollowed }, (_, number) => stage.session(number)));
  const writer = new Writer(stage.cluster, connections + 1);
  try {
    const subscriptions = sessions.flatMap((session) =>
      Array.from({ length: subscribersEach }, () => subscriptionTo(server.port, session)),
    );
    await crowd.do({ do: 'open', subscriptions });
    await untilAllFollow(crowd, async () => {
      for (const session of sessions) await writer.write(session.id, 0);
    });
    await crowd.do({ do: 'note-moments' });
    const start = performance.now();
    const committed = await writeSteadily(rate, firstSeconds + seconds, async (number) => {
      await writer.write((sessions[number % sessions.length] as { id: string }).id, number);
    });
    const took = (performance.now() - start) / 1000;
    await crowd.do({ do: 'await', events: committed.size / sessionsFollowed, withinMs: 10_000 });
    const moments = (await crowd.do({ do: 'moments' })) as unknown as Moments;
    return latencyOf(committed, moments, took, rate * firstSeconds);
  } finally {
    await crowd.do({ do: 'close' });
    await writer.end();
  }
}

/** [number of the event → when its commit was known] */
async function writeSteadily(
  rate: number,
  seconds: number,
  write: (number: number) => Promise<void>,
): Promise<ReadonlyMap<number, bigint>> {
  const committed = new Map<number, bigint>();
  const writes: Promise<void>[] = [];
  const start = performance.now();
  for (let number = 1; number <= rate * seconds; number += 1) {
    const early = start + (number * 1000) / rate - performance.now();
    if (early > 1) await sleep(early);
    writes.push(write(number).then(() => void committed.set(number, process.hrtime.bigint())));
  }
  await Promise.all(writes);
  return committed;
}

function latencyOf(
  committed: ReadonlyMap<number, bigint>,
  moments: Moments,
  seconds: number,
  lastOfFirst: number,
): Latency {
  const expected = committed.size * subscribersEach;
  const numbered = moments.filter(([number]) => number > 0);
  if (numbered.length !== expected) throw new Error(`${numbered.length} deliveries instead of ${expected}`);
  const quantilesOf = (some: Moments): Quantiles => {
    // A client may have the message before the writer hears of its own commit: that is no delay.
    const delays = some.map(([number, at]) => Math.max(0, Number(at - (committed.get(number) ?? at)) / 1e6));
    return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
  };
  return {
    commitsPerSecond: committed.size / seconds,
    deliveries: numbered.length,
    steady: quantilesOf(numbered.filter(([number]) => number > lastOfFirst)),
    first: quantilesOf(numbered.filter(([number]) => number <= lastOfFirst)),
  };
}
