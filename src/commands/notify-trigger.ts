import { Command } from 'commander';
import { notifyTriggerState, setNotifyTrigger } from '../databases/notify-trigger.ts';
import { connected } from './connected.ts';
import { adviseOwner } from './owner-advice.ts';
import { setUpQuietly } from './set-up-quietly.ts';
import { withRuntime } from './with-runtime.ts';

export const notifyTriggerCommand = new Command('notify-trigger')
  .description("Whether other services' writes send notifications by triggers, which slows their commits down.")
  .addCommand(new Command('on').description('Add the triggers.').action(() => forBoth('on')))
  .addCommand(new Command('off').description('Take them away.').action(() => forBoth('off')))
  .addCommand(new Command('status').description('Say whether they are there.').action(() => forBoth('status')));

async function forBoth(action: 'on' | 'off' | 'status'): Promise<void> {
  const { config, log } = setUpQuietly();
  await withRuntime(config, log, async ({ roads }) => {
    for (const road of Object.values(roads)) {
      const { definition, owner } = road;
      const state = await connected(owner, async (client) => {
        if (action !== 'status') await setNotifyTrigger(client, definition.name, action === 'on');
        return notifyTriggerState(client, definition.name);
      }).catch(adviseOwner(road, 'change triggers'));
      process.stdout.write(`${owner.database.padEnd(15)} ${state ? 'on' : 'off'}\n`);
    }
  });
}
