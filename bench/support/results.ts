import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';

const resultsFolder = resolve(import.meta.dirname, '../results');

/** A run as it stands is a result and goes to bench/results; one with options is an experiment, unless `--keep` says otherwise. */
export const isResult = (command: Command): boolean =>
  command.opts()['keep'] === true ||
  command.options.every((option) => command.getOptionValueSource(option.attributeName()) !== 'cli');

export async function tell(name: string, title: string, lines: readonly string[], keep: boolean): Promise<void> {
  const text = `# ${title}\n\n${lines.join('\n').trimEnd()}\n`;
  console.log(text);
  if (!keep) return;
  await mkdir(resultsFolder, { recursive: true });
  await writeFile(join(resultsFolder, `${name}.md`), text);
}
