import { addAbortSignal } from 'node:stream';
import { Command, Option } from 'commander';
import { importChats, ImportTally } from '../services/importing/import-chats.ts';
import { indexDocuments } from '../services/search/index-documents.ts';
import { startProgress } from './import-progress.ts';
import { openSource, type ImportSource } from './import-source.ts';
import { summaryOf } from './import-summary.ts';
import { migrateDatabases } from './migrate-databases.ts';
import type { Runtime } from './runtime.ts';
import { setUpQuietly } from './set-up-quietly.ts';
import { withRuntime } from './with-runtime.ts';

const formats = ['chat-jsonl'];
const skippedLinesExitCode = 2;
const eventsPerIndexing = 1000;

export const importCommand = new Command('import')
  .description('Bring in conversations. What is there already stays as it is, so it may be run again.')
  .addOption(new Option('--format <format>', "the file's format").choices(formats).makeOptionMandatory())
  .argument('<file>', 'the file, or - for standard input')
  .action(async (file: string) => {
    const { config, log } = setUpQuietly();
    const source = await openSource(file);
    try {
      await withRuntime(config, log, async (runtime, stopping) => {
        if (config.migrateOnStart) await migrateDatabases(runtime, log);
        await importSource(runtime, source, stopping);
      });
    } finally {
      source.stream.destroy();
    }
  });

async function importSource({ databases }: Runtime, source: ImportSource, stopping: AbortSignal): Promise<void> {
  const tally = new ImportTally();
  const progress = startProgress(source.size);
  const started = performance.now();
  try {
    await importChats(
      databases,
      {
        stream: addAbortSignal(stopping, source.stream),
        endOf: source.endOf,
        stopping,
        onBadLine: (number, reason) => progress.say(`line ${number} is skipped: ${reason}`),
        onLine: (offset) => progress.at(offset),
      },
      tally,
    );
    progress.at(source.size ?? 0);
    await indexDocuments(databases.agentRuntime, eventsPerIndexing);
  } catch (error) {
    if (!stopping.aborted) throw error;
  } finally {
    progress.end();
    process.stdout.write(summaryOf(source.name, tally, (performance.now() - started) / 1000, stopping.aborted));
  }
  if (tally.badLines > 0) process.exitCode = skippedLinesExitCode;
}
