import type { Figures } from './measure.ts';

/** Tables of one run, one per workload; ratios are to the first contestant, the limit. */
export function reportOf(figures: readonly Figures[], says: (workload: string) => string): string {
  const workloads = [...new Set(figures.map((row) => row.workload))];
  return workloads
    .map((name) =>
      tableOf(
        figures.filter((row) => row.workload === name),
        `${name}: ${says(name)}`,
      ),
    )
    .join('\n');
}

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
