import { Command } from 'commander';
import { checkoutsOf, type Checkout } from '../support/checkouts.ts';
import { median } from '../support/numbers.ts';
import { collect, environmentOf, say } from '../support/options.ts';
import { isResult, tell } from '../support/results.ts';
import { surroundings } from '../support/surroundings.ts';
import { startGateway, type ServerProcess } from '../support/server-process.ts';
import { bareBroadcast, fanOut, type FanOut } from './fan-out.ts';
import { idle } from './idle.ts';
import { firstSeconds, latency } from './latency.ts';
import { openStage, type Stage } from './stage.ts';

interface Options {
  readonly gateway: string[];
  readonly env: string[];
  readonly only: string;
  readonly subscribers: string;
  readonly deliveries: string;
  readonly rounds: string;
  readonly idle: string;
  readonly rate: string;
  readonly seconds: string;
}

export const liveCommand = new Command('live')
  .description('Fan-out beside a bare ws broadcast, idle subscriptions, and the time from commit to client.')
  .option(
    '--gateway <folder>',
    'a built checkout whose gateway takes part; may be repeated (default: this one)',
    collect,
    [],
  )
  .option('--env <NAME=value>', 'a setting of the gateways; may be repeated', collect, [])
  .option('--only <parts>', 'comma-separated', 'fan-out,latency,idle')
  .option('--subscribers <n,n>', 'of the fan-out', '1000,5000')
  .option('--deliveries <n>', 'per round of the fan-out', '100000')
  .option('--rounds <n>', 'of the fan-out, in turns', '3')
  .option('--idle <n>', 'idle subscriptions', '10000')
  .option('--rate <n>', 'commits/s while the time from commit to client is taken', '500')
  .option('--seconds <n>', 'for so long', '10')
  .option('--keep', 'write the result to bench/results even though options were given', false)
  .action(run);

async function run(options: Options, command: Command): Promise<void> {
  const parts = options.only.split(',');
  const stage = await openStage();
  try {
    const lines: string[] = [];
    for (const checkout of checkoutsOf(options.gateway)) {
      const { name } = checkout;
      if (parts.includes('fan-out')) lines.push(...(await compareFanOut(stage, checkout, options)));
      if (parts.includes('latency')) lines.push(`- ${name}: ${await tellLatency(stage, checkout, options)}`);
      if (parts.includes('idle')) lines.push(`- ${name}: ${await tellIdle(stage, checkout, options)}`);
    }
    const about = await surroundings(stage.cluster, checkoutsOf(options.gateway));
    await tell('live', 'Live delivery', [...about, '', ...lines], isResult(command));
  } finally {
    await stage.close();
  }
}

async function withGateway<Result>(
  stage: Stage,
  checkout: Checkout,
  options: Options,
  work: (server: ServerProcess) => Promise<Result>,
): Promise<Result> {
  const server = await startGateway(checkout.folder, stage.cluster, stage.tokens, environmentOf(options.env));
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

function compareFanOut(stage: Stage, checkout: Checkout, options: Options): Promise<string[]> {
  return withGateway(stage, checkout, options, async (server) => {
    const lines: string[] = [];
    for (const subscribers of options.subscribers.split(',').map(Number)) {
      const messages = Math.ceil(Number(options.deliveries) / subscribers);
      const ours: FanOut[] = [];
      const bare: FanOut[] = [];
      for (let round = 0; round < Number(options.rounds); round += 1) {
        const own = await fanOut(stage, server, subscribers, messages);
        say(`${checkout.name}, ${subscribers} subscribers: ${own.deliveriesPerSecond.toFixed(0)} deliveries/s`);
        const other = await bareBroadcast(stage, own.frame, subscribers, messages);
        say(`bare ws, ${subscribers} subscribers: ${other.deliveriesPerSecond.toFixed(0)} deliveries/s`);
        ours.push(own);
        bare.push(other);
      }
      lines.push(`- ${checkout.name}: ${fanOutLine(subscribers, ours, bare)}`);
    }
    return lines;
  });
}

function fanOutLine(subscribers: number, ours: readonly FanOut[], bare: readonly FanOut[]): string {
  const rate = (rounds: readonly FanOut[]): number => median(rounds.map((round) => round.deliveriesPerSecond));
  const cpu = (rounds: readonly FanOut[]): number => median(rounds.map((round) => round.cpuSeconds));
  return `fan-out to ${subscribers}: ${rate(ours).toFixed(0)} deliveries/s, bare ws ${rate(bare).toFixed(0)}/s, ratio ${(rate(ours) / rate(bare)).toFixed(2)}; CPU ms per 1,000 deliveries ${(cpu(ours) * 1000).toFixed(1)} beside ${(cpu(bare) * 1000).toFixed(1)}`;
}

const tellLatency = (stage: Stage, checkout: Checkout, options: Options): Promise<string> =>
  withGateway(stage, checkout, options, async (server) => {
    const { commitsPerSecond, deliveries, steady, first } = await latency(
      stage,
      server,
      Number(options.rate),
      Number(options.seconds),
    );
    const told = ({ p50, p99 }: typeof steady): string => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
    return `commit to client at ${commitsPerSecond.toFixed(0)} commits/s: ${told(steady)} (in the first ${firstSeconds} s after the start ${told(first)}; ${deliveries} deliveries)`;
  });

const tellIdle = (stage: Stage, checkout: Checkout, options: Options): Promise<string> =>
  withGateway(stage, checkout, options, async (server) => {
    const { subscriptions, bytesEach, statementsPerSecond, cpuPercent } = await idle(
      stage,
      server,
      Number(options.idle),
    );
    return `${subscriptions} idle subscriptions: ${(bytesEach / 1024).toFixed(1)} KB each, ${statementsPerSecond.toFixed(1)} statements/s, ${cpuPercent.toFixed(0)} % of a core`;
  });
