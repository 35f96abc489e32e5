import type { Figures } from './measure.ts';

/** Bars per workload, each contestant's requests/s as a part of the limit's. */

const left = 110;
const barHeight = 16;
const barStep = 20;
const groupGap = 34;
const full = 480;
const colours = { limit: '#9aa0a6', ours: '#1a73e8', peer: '#c6dafc' };

export function chartOf(figures: readonly Figures[], says: (workload: string) => string): string {
  const groups = [...new Set(figures.map(({ workload }) => workload))].map((name) => ({
    title: `${name}: ${says(name)}`,
    rows: figures.filter(({ workload }) => workload === name),
  }));
  let top = 36;
  const parts: string[] = [];
  for (const { title, rows } of groups) {
    parts.push(text(left, top, title, 'font-weight="600"'));
    rows.forEach((row, index) => parts.push(barOf(row, rows[0] as Figures, top + 10 + index * barStep)));
    top += 10 + rows.length * barStep + groupGap;
  }
  const width = left + full * 1.15 + 90;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" font-family="system-ui, sans-serif" font-size="12" fill="#3c4043">
<rect width="100%" height="100%" fill="#ffffff"/>
${text(8, 18, 'Requests/s as a part of what a hand-written server does (bare node:http and pg); longer is better')}
${parts.join('\n')}
</svg>
`;
}

function barOf(row: Figures, base: Figures, y: number): string {
  const ratio = row.requestsPerSecond / base.requestsPerSecond;
  const width = Math.max(1, Math.round(Math.min(ratio, 1.15) * full));
  const colour = row === base ? colours.limit : row.contestant.startsWith('scrollback') ? colours.ours : colours.peer;
  return [
    text(left - 8, y + 12, row.contestant, 'text-anchor="end"'),
    `<rect x="${left}" y="${y}" width="${width}" height="${barHeight}" fill="${colour}"/>`,
    text(left + width + 6, y + 12, `${ratio.toFixed(2)} (${row.requestsPerSecond.toFixed(0)}/s)`),
  ].join('\n');
}

const text = (x: number, y: number, words: string, attributes = ''): string =>
  `<text x="${x}" y="${y}" ${attributes}>${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
