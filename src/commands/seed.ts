import { Command } from 'commander';
import { seedDemo } from '../services/demo/seed-demo.ts';
import { migrateDatabases } from './migrate-databases.ts';
import { setUpQuietly } from './set-up-quietly.ts';
import { withOwners } from './with-owners.ts';
import { withRuntime } from './with-runtime.ts';

export const seedCommand = new Command('seed')
  .description('Add the demo: users, sessions, approvals, an audit trail. What is there already stays as it is.')
  .action(async () => {
    const { config, log } = setUpQuietly();
    await withRuntime(config, log, async (runtime) => {
      if (config.migrateOnStart) await migrateDatabases(runtime, log);
      const { users, sessions } = await withOwners(runtime, log, (owners) => seedDemo(owners, new Date()));
      const isNew = users > 0 || sessions > 0;
      process.stdout.write(isNew ? `Added ${users} users and ${sessions} sessions.\n` : 'The demo is there already.\n');
    });
  });
