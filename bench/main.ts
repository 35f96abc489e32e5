/** `npm run bench`: see docs/benchmarks.md. */
import { Command } from 'commander';
import { growthCommand } from './growth/command.ts';
import { liveCommand } from './live/command.ts';
import { readsCommand } from './reads/command.ts';
import { startCommand } from './start/command.ts';
import { writeCommand } from './write/command.ts';

// A stop of the bench takes the servers with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

await new Command('bench')
  .description('Benchmarks of Scrollback beside its peers, in one interleaved run on one machine.')
  .addCommand(readsCommand, { isDefault: true })
  .addCommand(liveCommand)
  .addCommand(growthCommand)
  .addCommand(startCommand)
  .addCommand(writeCommand)
  .parseAsync();
