import { Child } from '../support/child.ts';
import { cpuSecondsOf } from '../support/process-usage.ts';
import type { ServerProcess } from '../support/server-process.ts';
import type { CrowdState } from './crowd-process.ts';
import { followMessages, subscriptionTo, untilAllFollow, type Stage } from './stage.ts';
import { Writer } from './writer.ts';

export interface FanOut {
  readonly subscribers: number;
  readonly deliveriesPerSecond: number;
  /** Of the server's process, per 1,000 deliveries. */
  readonly cpuSeconds: number;
  /** A frame as a subscriber got it. */
  readonly frame: string;
}

const patienceMs = 180_000;

/** One session's messages to many subscribers of one viewer; all are committed as fast as one writer can. */
export async function fanOut(
  stage: Stage,
  server: ServerProcess,
  subscribers: number,
  messages: number,
): Promise<FanOut> {
  const { crowd } = stage;
  const session = await stage.session(1);
  const writer = new Writer(stage.cluster, 3);
  try {
    const subscription = subscriptionTo(server.port, session);
    await crowd.do({ do: 'open', subscriptions: Array.from({ length: subscribers }, () => subscription) });
    await untilAllFollow(crowd, () => writer.write(session.id, 0));
    return await timed(stage, server.pid, subscribers, messages, async () => {
      for (let number = 1; number <= messages; number += 1) await writer.write(session.id, number);
    });
  } finally {
    await crowd.do({ do: 'close' });
    await writer.end();
  }
}

/** The same frames to the same crowd from a server that is nothing but `ws`. */
export async function bareBroadcast(
  stage: Stage,
  frame: string,
  subscribers: number,
  messages: number,
): Promise<FanOut> {
  const { crowd } = stage;
  const server = new Child<{ frame: string; times: number }, number | string>(
    new URL('broadcast-process.ts', import.meta.url),
  );
  try {
    const port = Number(await server.next());
    const subscription = { port, token: '', query: followMessages, variables: {} };
    await crowd.do({ do: 'open', subscriptions: Array.from({ length: subscribers }, () => subscription) });
    await untilAllFollow(crowd, async () => void (await server.do({ frame, times: 1 })));
    return await timed(stage, server.pid, subscribers, messages, async () => {
      await server.do({ frame, times: messages });
    });
  } finally {
    await crowd.do({ do: 'close' });
    await server.stop();
  }
}

async function timed(
  { crowd }: Stage,
  pid: number,
  subscribers: number,
  messages: number,
  send: () => Promise<void>,
): Promise<FanOut> {
  const cpu = cpuSecondsOf(pid);
  const start = process.hrtime.bigint();
  await send();
  const state = await crowd.do({ do: 'await', events: messages, withinMs: patienceMs });
  demandAll(state, subscribers * messages);
  return {
    subscribers,
    deliveriesPerSecond: state.total / (Number(state.lastAt - start) / 1e9),
    cpuSeconds: ((cpuSecondsOf(pid) - cpu) / state.total) * 1000,
    frame: state.sample,
  };
}

function demandAll({ total, failures }: CrowdState, expected: number): void {
  if (total !== expected || failures.length > 0) {
    throw new Error(`${total} deliveries instead of ${expected}; ${failures[0] ?? 'no socket was closed'}`);
  }
}
