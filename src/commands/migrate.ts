import { Command } from 'commander';
import { StartupError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { advise } from './advise.ts';
import { migrateOne } from './migrate-databases.ts';
import { pendingMigrations } from './pending-migrations.ts';
import { reportFailure } from './report-failure.ts';
import type { Roads } from './runtime.ts';
import { setUpQuietly } from './set-up-quietly.ts';
import { withRuntime } from './with-runtime.ts';

export const migrateCommand = new Command('migrate')
  .description("Bring the databases' tables up to date. Only ever adds.")
  .addCommand(
    new Command('up')
      .description('Run what is pending.')
      // What is no subcommand gets here, because this is the one that need not be named.
      .allowExcessArguments()
      .action((_options, { args, parent }: Command) => {
        if (args.length > 0) parent?.error(`error: unknown command '${args[0]}'; there are up and status`);
        return forEachDatabase(bringUp);
      }),
    { isDefault: true },
  )
  .addCommand(
    new Command('status')
      .description('Print what was run and what is pending.')
      .action(() => forEachDatabase(tellStatus)),
  );

/** One database that cannot be reached does not keep the other one from its turn. */
async function forEachDatabase(action: (road: Roads, log: Log) => Promise<string>): Promise<void> {
  const { config, log } = setUpQuietly();
  await withRuntime(config, log, async ({ roads }) => {
    for (const road of Object.values(roads)) {
      try {
        process.stdout.write(await action(road, log));
      } catch (error) {
        if (!(error instanceof StartupError)) throw error;
        reportFailure(error);
      }
    }
  });
}

async function bringUp(road: Roads, log: Log): Promise<string> {
  const done = await migrateOne(road, log);
  const { database } = road.owner;
  return done.length === 0
    ? `${database} is up to date\n`
    : done.map((name) => line(database, name, 'done now')).join('');
}

async function tellStatus({ definition, owner }: Roads): Promise<string> {
  const { done: executed, pending } = await pendingMigrations(definition, owner).catch(advise(owner));
  const done = executed.map((name) => line(owner.database, name, 'done'));
  return [...done, ...pending.map((name) => line(owner.database, name, 'pending'))].join('');
}

const line = (database: string, migration: string, state: string): string =>
  `${database.padEnd(15)} ${migration.padEnd(26)} ${state}\n`;
