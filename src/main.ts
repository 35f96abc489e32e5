import { createRequire } from 'node:module';
import { Command } from 'commander';
import { doctorCommand } from './commands/doctor.ts';
import { documentsCommand } from './commands/documents.ts';
import { importCommand } from './commands/import.ts';
import { migrateCommand } from './commands/migrate.ts';
import { notifyTriggerCommand } from './commands/notify-trigger.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { reportFailure } from './commands/report-failure.ts';
import { rowSecurityCommand } from './commands/row-security.ts';
import { schemaCommand } from './commands/schema.ts';
import { seedCommand } from './commands/seed.ts';
import { startCommand } from './commands/start.ts';
import { tokenCommand } from './commands/token.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const program = new Command('scrollback')
  .version(version)
  .description("The GraphQL gateway to an agent platform's history.")
  .addCommand(startCommand)
  .addCommand(migrateCommand)
  .addCommand(seedCommand)
  .addCommand(tokenCommand)
  .addCommand(importCommand)
  .addCommand(rowSecurityCommand)
  .addCommand(documentsCommand)
  .addCommand(schemaCommand)
  .addCommand(notifyTriggerCommand)
  .addCommand(reconcileCommand)
  .addCommand(doctorCommand);

// Where an older Node handed over to this one and was killed, a gateway must not go on alone.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();

// Whoever reads may have read enough (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
}
