import { setTimeout as sleep } from 'node:timers/promises';
import { countStatements } from '../support/statements.ts';
import { cpuSecondsOf, residentMegabytes } from '../support/process-usage.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { subscriptionTo, type Stage } from './stage.ts';

export interface Idle {
  readonly subscriptions: number;
  readonly bytesEach: number;
  readonly statementsPerSecond: number;
  readonly cpuPercent: number;
}

const settleMs = 5000;
const watchedSeconds = 5;
const sessionsFollowed = 200;

/** Sockets with one subscription each, spread over sessions, while nothing happens. */
export async function idle(stage: Stage, server: ServerProcess, subscriptions: number): Promise<Idle> {
  const sessions = await Promise.all(Array.from({ length: sessionsFollowed }, (_, number) => stage.session(number)));
  const all = Array.from({ length: subscriptions }, (_, number) =>
    subscriptionTo(server.port, sessions[number % sessions.length] as (typeof sessions)[number]),
  );
  // What the first sockets load and compile is nobody's in particular.
  await stage.crowd.do({ do: 'open', subscriptions: all.slice(0, 100) });
  await stage.crowd.do({ do: 'close' });
  await sleep(settleMs);
  const before = residentMegabytes(server.pid);
  try {
    const { failures } = await stage.crowd.do({ do: 'open', subscriptions: all });
    if (failures.length > 0) throw new Error(`${failures.length} subscribers failed: ${failures[0]}`);
    await sleep(settleMs);
    const bytesEach = ((residentMegabytes(server.pid) - before) * 1024 * 1024) / subscriptions;
    const cpu = cpuSecondsOf(server.pid);
    const statements = await countStatements(stage.cluster);
    await sleep(watchedSeconds * 1000);
    return {
      subscriptions,
      bytesEach,
      statementsPerSecond: ((await countStatements(stage.cluster)) - statements) / watchedSeconds,
      cpuPercent: ((cpuSecondsOf(server.pid) - cpu) / watchedSeconds) * 100,
    };
  } finally {
    await stage.crowd.do({ do: 'close' });
  }
}
