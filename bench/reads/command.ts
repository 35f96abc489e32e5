import { Command } from 'commander';
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
  .action(run);

async function run(options: Options): Promise<void> {
  const wanted = workloads.filter(({ name }) => options.workloads.split(',').includes(name));
  await installPeers();
  const arena = await openArena(options.size, contestants(options));
  try {
    await demandSameAnswers(arena, wanted, 25);
    say(`All ${arena.entrants.length} give the same answers.`);
    if (options.check) return;
    const plan: Plan = {
      rounds: Number(options.rounds),
      secondsEach: Number(options.seconds),
      connections: Number(options.connections),
    };
    const figures = await measure(arena, wanted, plan, say);
    console.log(reportOf(figures, (name) => workloads.find((workload) => workload.name === name)?.says ?? ''));
  } finally {
    await arena.close();
  }
}

function contestants({ only, gateway, env }: Options): Contestant[] {
  const all = [limit, ...peers];
  const chosen = only === undefined ? all : all.filter(({ name }) => only.split(',').includes(name));
  return [...chosen, ...gateways(gateway, environmentOf(env))];
}
