/** `npm run bench`: see docs/benchmarks.md. */
import { Command } from 'commander';
import { readsCommand } from './reads/command.ts';

await new Command('bench')
  .description('Benchmarks of Scrollback beside its peers, in one interleaved run on one machine.')
  .addCommand(readsCommand, { isDefault: true })
  .parseAsync();
