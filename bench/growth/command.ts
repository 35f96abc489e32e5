import { Command } from 'commander';
import { openReads } from '../reads/dataset.ts';
import type { LoadOrder, LoadResult } from '../reads/load-process.ts';
import { checkoutsOf, type Checkout } from '../support/checkouts.ts';
import { Child } from '../support/child.ts';
import type { Cluster } from '../support/cluster.ts';
import { collect, say } from '../support/options.ts';
import { isResult, tell } from '../support/results.ts';
import { startGateway } from '../support/server-process.ts';
import { surroundings } from '../support/surroundings.ts';
import { openTokens, type Tokens } from '../support/tokens.ts';
import { costsOf, type Bench, type Cost } from './cost.ts';
import { openLongLists, sizeOf } from './dataset.ts';
import { firstPages, longLists, ownerOfFirstPages } from './questions.ts';
import { cursorBefore } from './walk.ts';

interface Options {
  readonly gateway: string[];
  readonly messages: string;
  readonly session: string;
  readonly audit: string;
  readonly pages: string;
}

export const growthCommand = new Command('growth')
  .description('What a page costs as the tables grow, and far into very long lists.')
  .option('--gateway <folder>', 'a built checkout (default: this one)', collect, [])
  .option('--messages <n,n>', 'in the tables; 10000000 takes some 20 GB', '10000,100000,1000000')
  .option('--session <n>', 'messages of the very long session', '1000000')
  .option('--audit <n>', 'entries of the very long trail, of which half are one user’s', '1000000')
  .option('--pages <n,n>', 'of 50 rows each', '1,1000,10000')
  .option('--keep', 'write the result to bench/results even though options were given', false)
  .action(run);

const columns = (names: readonly string[]): string[] => [
  `| | ${names.join(' | ')} |`,
  `|${'---|'.repeat(names.length + 1)}`,
];

const cell = ({ p50, postgresMs, blocks }: Cost): string =>
  `${p50.toFixed(1)} ms, PostgreSQL ${postgresMs.toFixed(2)} ms, ${blocks.toFixed(0)} blocks`;

async function run(options: Options, command: Command): Promise<void> {
  const [checkout] = checkoutsOf(options.gateway) as [Checkout];
  const lines: string[] = [];
  const sizes = options.messages.split(',').map(Number);
  const costs: Cost[][] = [];
  for (const messages of sizes) costs.push(await firstPagesAt(checkout, messages));
  lines.push('First pages as the tables grow: p50, PostgreSQL’s CPU, blocks of tables and indexes per request.', '');
  lines.push(...columns(sizes.map((messages) => `${messages} messages`)));
  lines.push(
    ...firstPages.map(({ says }, index) =>
      rowOf(
        says,
        costs.map((all) => all[index] as Cost),
      ),
    ),
    '',
  );
  const { about, rows } = await farPages(checkout, options);
  lines.push('Far into long lists, 50 rows a page:', '', ...rows);
  await tell('growth', 'Growth', [...about, '', ...lines], isResult(command));
}

const rowOf = (says: string, costs: readonly Cost[]): string => `| ${says} | ${costs.map(cell).join(' | ')} |`;

async function firstPagesAt(checkout: Checkout, messages: number): Promise<Cost[]> {
  const cluster = await openReads(`growth-${messages}`, sizeOf(messages), { durable: false });
  return withBench(checkout, cluster, async (bench, tokens) => {
    const token = await tokens.of(ownerOfFirstPages);
    const costs = await costsOf(
      bench,
      firstPages.map(({ body }) => body),
      token,
    );
    say(`${messages} messages: ${costs.map(cell).join('; ')}`);
    return costs;
  });
}

async function farPages(checkout: Checkout, options: Options): Promise<{ about: string[]; rows: string[] }> {
  const pages = options.pages.split(',').map(Number);
  const cluster = await openLongLists(Number(options.session), Number(options.audit));
  return withBench(checkout, cluster, async (bench, tokens) => {
    const rows = columns(pages.map((page) => `page ${page}`));
    for (const list of longLists) {
      const token = await tokens.of(list.userId);
      const bodies: string[] = [];
      for (const page of pages) bodies.push(list.page(await cursorBefore(bench.server, list, token, page)));
      rows.push(rowOf(list.says, await costsOf(bench, bodies, token)));
      say(rows.at(-1) ?? '');
    }
    return { rows, about: await surroundings(cluster, [checkout]) };
  });
}

async function withBench<Result>(
  checkout: Checkout,
  cluster: Cluster,
  work: (bench: Bench, tokens: Tokens) => Promise<Result>,
): Promise<Result> {
  const load = new Child<LoadOrder, LoadResult>(new URL('../reads/load-process.ts', import.meta.url));
  try {
    const tokens = await openTokens(cluster.folder);
    const server = await startGateway(checkout.folder, cluster, tokens);
    try {
      return await work({ cluster, server, load }, tokens);
    } finally {
      await server.stop();
    }
  } finally {
    await load.stop();
    await cluster.stop();
  }
}
