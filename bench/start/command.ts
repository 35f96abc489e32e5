import { mkdtemp, rm } from 'node:fs/promises';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { openReads, sizes, type Size } from '../reads/dataset.ts';
import { checkoutsOf, type Checkout } from '../support/checkouts.ts';
import type { Cluster } from '../support/cluster.ts';
import { median } from '../support/numbers.ts';
import { collect, say } from '../support/options.ts';
import { cpuSecondsOf, residentMegabytes } from '../support/process-usage.ts';
import { isResult, tell } from '../support/results.ts';
import { startCommandOf, startGateway, startProcess, type ServerProcess } from '../support/server-process.ts';
import { surroundings } from '../support/surroundings.ts';
import { openTokens, type Tokens } from '../support/tokens.ts';

interface Options {
  readonly gateway: string[];
  readonly times: string;
}

export const startCommand = new Command('start')
  .description('From the start of the process to its first answer, and the memory it then holds.')
  .option('--gateway <folder>', 'a built checkout; may be repeated (default: this one)', collect, [])
  .option('--times <n>', 'starts of each kind, in turns', '5')
  .option('--keep', 'write the result to bench/results even though options were given', false)
  .action(run);

interface Start {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly resident: number;
}

const settleMs = 2000;

async function run(options: Options, command: Command): Promise<void> {
  const checkouts = checkoutsOf(options.gateway);
  const cluster = await openReads('start', sizes['small'] as Size, { durable: true });
  try {
    const tokens = await openTokens(cluster.folder);
    const starts = new Map<string, Start[]>();
    for (let time = 0; time < Number(options.times); time += 1) {
      for (const checkout of checkouts) {
        for (const [kind, start] of await startsOf(checkout, cluster, tokens)) {
          const name = `${checkout.name}, ${kind}`;
          starts.set(name, [...(starts.get(name) ?? []), start]);
          say(`${name}: ${start.seconds.toFixed(2)} s`);
        }
      }
    }
    const about = await surroundings(cluster, checkouts);
    await tell(
      'start',
      'Start',
      [...about, `- medians of ${options.times} starts`, '', ...tableOf(starts)],
      isResult(command),
    );
  } finally {
    await cluster.stop();
  }
}

/** On a database of one's own, and without any configuration: the first time, with its demo, and again. */
async function startsOf(checkout: Checkout, cluster: Cluster, tokens: Tokens): Promise<[string, Start][]> {
  const folder = await mkdtemp(join(tmpdir(), 'scrollback-bench-start-'));
  chmodSync(folder, 0o711);
  const program = startCommandOf(checkout.folder);
  const embedded = (): Promise<ServerProcess> =>
    startProcess(program, { NODE_ENV: 'development', PORT: '0', SCROLLBACK_DATA: join(folder, 'data') });
  try {
    return [
      ['external PostgreSQL', await timed(() => startGateway(checkout.folder, cluster, tokens))],
      ['embedded PostgreSQL, first start', await timed(embedded)],
      ['embedded PostgreSQL, again', await timed(embedded)],
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(start: () => Promise<ServerProcess>): Promise<Start> {
  const began = performance.now();
  const server = await start();
  try {
    const answer = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    });
    if (answer.status !== 200) throw new Error(`the first answer was ${answer.status}`);
    const seconds = (performance.now() - began) / 1000;
    const cpuSeconds = cpuSecondsOf(server.pid);
    await sleep(settleMs);
    return { seconds, cpuSeconds, resident: residentMegabytes(server.pid) };
  } finally {
    await server.stop();
  }
}

function tableOf(starts: ReadonlyMap<string, readonly Start[]>): string[] {
  const rows = [...starts].map(([name, all]) => {
    const of = (field: keyof Start): number => median(all.map((start) => start[field]));
    return `| ${name} | ${of('seconds').toFixed(2)} | ${of('cpuSeconds').toFixed(2)} | ${of('resident').toFixed(0)} |`;
  });
  return ['| | s to the first answer | CPU s of the gateway | RSS MB |', '|---|---|---|---|', ...rows];
}
