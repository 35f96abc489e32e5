import { sum } from '../support/numbers.ts';
import type { Figures } from './measure.ts';

/** Tables of one run: all ratios to the first contestant, the limit, and then all figures of each workload. */
export function reportOf(figures: readonly Figures[], says: (workload: string) => string): string {
  const byWorkload = Map.groupBy(figures, (row) => row.workload);
  const tables = [...byWorkload].map(([name, rows]) => tableOf(rows, `${name}: ${says(name)}`));
  return [ratiosOf(figures, byWorkload), ...tables].join('\n');
}

function ratiosOf(figures: readonly Figures[], byWorkload: ReadonlyMap<string, readonly Figures[]>): string {
  const contestants = [...new Set(figures.map((row) => row.contestant))];
  const lines = contestants.map((name) => {
    const pairs = [...byWorkload.values()].map(
      (rows) => [rows.find((row) => row.contestant === name), rows[0]] as const,
    );
    const rates = pairs.map(([row, base]) => (row?.requestsPerSecond ?? 0) / (base?.requestsPerSecond ?? 1));
    const cpus = pairs.map(([row, base]) => (row && base ? cpuOf(row) / cpuOf(base) : 0));
    return `| ${[name, ...rates.map(twoDigits), twoDigits(geometricMean(rates)), cpus.map(twoDigits).join(' / ')].join(' | ')} |`;
  });
  const heading = `| ratios to the limit | ${[...byWorkload.keys()].join(' | ')} | geometric mean | CPU, ${[...byWorkload.keys()].join(' / ')} |`;
  return [heading, `|${'---|'.repeat(byWorkload.size + 3)}`, ...lines, ''].join('\n');
}

const twoDigits = (number: number): string => number.toFixed(2);

const geometricMean = (numbers: readonly number[]): number =>
  Math.exp(sum(numbers.map((number) => Math.log(number))) / numbers.length);

const columns =
  '| | requests/s | ratio | p50 ms | p99 ms | CPU s per 1,000: Node | PostgreSQL | ratio of CPU | statements | RSS MB |';

function tableOf(rows: readonly Figures[], title: string): string {
  const [base] = rows;
  const lines = rows.map((row) => (base === undefined ? '' : lineOf(row, base)));
  return [`### ${title}`, '', columns, `|${'---|'.repeat(10)}`, ...lines, ''].join('\n');
}

const cpuOf = (row: Figures): number => row.nodeCpu + row.postgresCpu;

function lineOf(row: Figures, base: Figures): string {
  const cells = [
    row.contestant,
    row.requestsPerSecond.toFixed(0),
    (row.requestsPerSecond / base.requestsPerSecond).toFixed(2),
    row.p50.toFixed(1),
    row.p99.toFixed(1),
    row.nodeCpu.toFixed(2),
    row.postgresCpu.toFixed(2),
    (cpuOf(row) / cpuOf(base)).toFixed(2),
    row.statements.toFixed(1),
    row.resident.toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}
