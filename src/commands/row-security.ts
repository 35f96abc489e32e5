import { Command } from 'commander';
import { disableRowSecurity, enableRowSecurity } from '../databases/row-security/switch.ts';
import type { Database } from '../databases/database.ts';
import { adviseOwner } from './owner-advice.ts';
import { setUpQuietly } from './set-up-quietly.ts';
import { withOwners } from './with-owners.ts';
import { withRuntime } from './with-runtime.ts';

export const rowSecurityCommand = new Command('row-security')
  .description('Policies in the databases as a second wall; the gateway uses them with ROW_LEVEL_SECURITY=true.')
  .addCommand(new Command('on').description('Create and enable the policies.').action(() => forBoth(enableRowSecurity)))
  .addCommand(new Command('off').description('Take them away again.').action(() => forBoth(disableRowSecurity)));

async function forBoth(change: (owner: Database) => Promise<void>): Promise<void> {
  const { config, log } = setUpQuietly();
  await withRuntime(config, log, (runtime) =>
    withOwners(runtime, log, async (owners) => {
      for (const owner of Object.values(owners))
        await change(owner).catch(adviseOwner(runtime.roads[owner.name], 'change policies'));
    }),
  );
  process.stdout.write('done in both databases\n');
}
