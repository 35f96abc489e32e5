import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { checkoutsOf } from '../support/checkouts.ts';
import { isResult, tell } from '../support/results.ts';
import { surroundings } from '../support/surroundings.ts';
import { chartOf } from './chart.ts';
import { installPeers } from '../support/install-peers.ts';
import { collect, environmentOf, say } from '../support/options.ts';
import { openArena } from './arena.ts';
import { gateways, limit, peers, type Contestant } from './contestants.ts';
import { measure, type Plan } from './measure.ts';
import { reportOf } from './report.ts';
import { demandSameAnswers } from './same-answers.ts';
import { workloads } from './workloads.ts';

interface Options {
  readonly size: string;
  readonly gateway: string[];
  readonly env: string[];
  readonly only?: string;
  readonly workloads: string;
  readonly seconds: string;
  readonly rounds: string;
  readonly connections: string;
  readonly check: boolean;
}

export const readsCommand = new Command('reads')
  .description('W1 to W4: requests/s, latency, CPU, statements and memory, as ratios to a hand-written server.')
  .option('--size <small|full>', 'how much is in the tables', 'full')
  .option(
    '--gateway <folder>',
    'a built checkout whose gateway takes part; may be repeated (default: this one)',
    collect,
    [],
  )
  .option('--env <NAME=value>', 'a setting of the gateways; may be repeated', collect, [])
  .option(
    '--only <names>',
    'only these peers, comma-separated: limit, postgraphile, mercurius, yoga, apollo; - for none',
  )
  .option('--workloads <names>', 'only these, comma-separated', 'W1,W2,W3,W4')
  .option('--seconds <n>', 'per contestant, workload and round', '4')
  .option('--rounds <n>', 'rounds in which the contestants take turns', '3')
  .option('--connections <n>', 'that ask at once', '32')
  .option('--check', 'only whether all give the same answers; no time is measured', false)
  .option('--keep', 'write the result to bench/results even though options were given', false)
  .action(run);

async function run(options: Options, command: Command): Promise<void> {
  const wanted = workloads.filter(({ name }) => options.workloads.split(',').includes(name));
  const takePart = contestants(options);
  if (takePart.some((contestant) => peers.includes(contestant))) await installPeers();
  const arena = await openArena(options.size, takePart);
  try {
    await demandSameAnswers(arena, wanted, 25);
    say(`All ${arena.entrants.length} give the same answers.`);
    if (options.check) return;
    const figures = await measure(arena, wanted, planOf(options), say);
    const about = await surroundings(arena.cluster, checkoutsOf(options.gateway), packagesOfPeers);
    const { users, sessionsPerUser, messagesPerSession } = arena.size;
    const sessions = users * sessionsPerUser;
    const data = `- ${sessions} sessions, ${sessions * messagesPerSession} messages, a fifth of them with a tool call; ${options.connections} connections; ${options.rounds} rounds of ${options.seconds} s in turns`;
    await tell('reads', 'Reads', [...about, data, '', reportOf(figures, says)], isResult(command));
    if (isResult(command)) await writeFile(chartFile, chartOf(figures, says));
  } finally {
    await arena.close();
  }
}

const chartFile = resolve(import.meta.dirname, '../../docs/benchmark-reads.svg');

const packagesOfPeers = [
  'mercurius',
  'graphql-jit',
  'postgraphile',
  'graphql-yoga',
  '@apollo/server',
  '@mikro-orm/core',
  'type-graphql',
  'pg',
];

const says = (name: string): string => workloads.find((workload) => workload.name === name)?.says ?? '';

const planOf = ({ rounds, seconds, connections }: Options): Plan => ({
  rounds: Number(rounds),
  secondsEach: Number(seconds),
  connections: Number(connections),
});

function contestants({ only, gateway, env }: Options): Contestant[] {
  const all = [limit, ...peers];
  const chosen = only === undefined ? all : all.filter(({ name }) => only.split(',').includes(name));
  return [...chosen, ...gateways(gateway, environmentOf(env))];
}
