import { Command } from 'commander';
import { checkoutsOf, type Checkout } from '../support/checkouts.ts';
import { collect } from '../support/options.ts';
import { isResult, tell } from '../support/results.ts';
import { surroundings } from '../support/surroundings.ts';
import { plainWriters } from './plain-writers.ts';
import { sendMessages } from './send-messages.ts';
import { openWriteStage } from './stage.ts';
import type { Work } from './writers-process.ts';

interface Options {
  readonly gateway: string[];
  readonly writers: string;
  readonly rounds: string;
  readonly seconds: string;
}

export const writeCommand = new Command('write')
  .description('sendMessage/s with and without subscribers, and what the log costs services that write with plain SQL.')
  .option('--gateway <folder>', 'a built checkout (default: this one)', collect, [])
  .option('--writers <n,n>', 'plain writers, and connections that send', '8,32')
  .option('--rounds <n>', 'in which the settings take turns', '5')
  .option('--seconds <n>', 'per setting and round', '4')
  .option('--keep', 'write the result to bench/results even though options were given', false)
  .action(run);

async function run(options: Options, command: Command): Promise<void> {
  const [checkout] = checkoutsOf(options.gateway) as [Checkout];
  const plan = { rounds: Number(options.rounds), seconds: Number(options.seconds) };
  const numbers = options.writers.split(',').map(Number);
  const stage = await openWriteStage();
  try {
    const plain: string[] = [];
    const sent: string[] = [];
    const plainly = async (work: Work): Promise<void> => {
      for (const writers of numbers) plain.push(...(await plainWriters(stage, checkout, { ...plan, work, writers })));
    };
    await plainly('append');
    for (const number of numbers) sent.push(...(await sendMessages(stage, checkout, { ...plan, connections: number })));
    // Last, because they leave the tables full of dead rows.
    await plainly('save');
    const about = await surroundings(stage.cluster, [checkout]);
    const lines = [
      ...about,
      `- medians of ${plan.rounds} rounds of ${plan.seconds} s in turns, without a gateway five turns of a quarter in each; 1,000 sessions are written to, each subscriber follows another one of them where it says nothing else`,
      '',
      'Services that insert one message per transaction, or save a session by deleting and inserting all of its messages:',
      '',
      '| | commits/s | ratio | CPU µs of PostgreSQL | of the gateway |',
      '|---|---|---|---|---|',
      ...plain,
      '',
      '| | per s | p50 ms | p99 ms | CPU µs of PostgreSQL | of the gateway |',
      '|---|---|---|---|---|---|',
      ...sent,
    ];
    await tell('write', 'Writing', lines, isResult(command));
  } finally {
    await stage.close();
  }
}
