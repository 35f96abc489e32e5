import { Command } from 'commander';
import { reconcile } from '../databases/reconcile.ts';
import { connected } from './connected.ts';
import { counted } from './counted.ts';
import { adviseOwner } from './owner-advice.ts';
import { setUpQuietly } from './set-up-quietly.ts';
import { withRuntime } from './with-runtime.ts';

export const reconcileCommand = new Command('reconcile')
  .description('Tell the log what was written to the messages while its triggers were off.')
  .action(run);

async function run(): Promise<void> {
  const { config, log } = setUpQuietly();
  await withRuntime(config, log, async ({ roads }) => {
    const { owner } = roads.agentRuntime;
    const { sessions, events } = await connected(owner, reconcile).catch(adviseOwner(roads.agentRuntime, 'reconcile'));
    process.stdout.write(
      `${owner.database}: the log was compared with ${counted(sessions, 'session')}; ` +
        `${events === 0 ? 'it knew everything' : `${counted(events, 'message')} had been written past it`}\n`,
    );
  });
}
