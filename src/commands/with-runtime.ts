import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { Log } from '../shared/log.ts';
import { explainMissingTables } from './missing-tables.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import { untilStopped } from './signals.ts';

const graceMs = 3000;
const interruptedExitCode = 130;

/**
 * Opens the databases for one command, also beside a running gateway, and closes them whatever happens. After Ctrl-C
 * the work has a moment to end by itself; an embedded server that was started for it never stays behind.
 */
export async function withRuntime(
  config: Config,
  log: Log,
  work: (runtime: Runtime, stopping: AbortSignal) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  const stopped = untilStopped().then(() => stopping.abort());
  const runtime = await openRuntime(config, log, { besideGateway: true });
  try {
    const outOfTime = stopped.then(() => sleep(graceMs, undefined, { ref: false }));
    if (!stopping.signal.aborted) await Promise.race([work(runtime, stopping.signal), outOfTime]);
  } catch (error) {
    throw explainMissingTables(error);
  } finally {
    await runtime.close();
  }
  if (stopping.signal.aborted) process.exit(interruptedExitCode);
}
