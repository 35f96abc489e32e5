import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkout } from '../support/checkouts.ts';
import { Child } from '../support/child.ts';
import { median } from '../support/numbers.ts';
import { say } from '../support/options.ts';
import { startGateway, type ServerProcess } from '../support/server-process.ts';
import { sessionIds, subscribe, type WriteStage } from './stage.ts';
import type { WritersOrder } from './writers-process.ts';

/** What else is going on while plain writers write. */
interface Setting {
  readonly says: string;
  readonly triggers: boolean;
  /** Settings of the gateway that follows; null without a gateway. */
  readonly gateway: Readonly<Record<string, string>> | null;
}

const settings: readonly Setting[] = [
  { says: "without the log's triggers", triggers: false, gateway: null },
  { says: 'with them', triggers: true, gateway: null },
  { says: 'with them and 1,000 subscribers, woken by the poll', triggers: true, gateway: { LIVE_NOTIFY: 'false' } },
  { says: 'with them and 1,000 subscribers, wake-ups by default', triggers: true, gateway: {} },
];

const subscribers = 1000;

/** Commits/s of plain inserts in each setting, in turns; ratios are to the first. */
export async function plainWriters(
  stage: WriteStage,
  checkout: Checkout,
  plan: { readonly writers: number; readonly rounds: number; readonly seconds: number },
): Promise<string[]> {
  const rates = settings.map((): number[] => []);
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const [index, setting] of settings.entries()) {
      const rate = await inSetting(stage, checkout, setting, () => commitsPerSecond(stage, plan.writers, plan.seconds));
      say(`${plan.writers} writers ${setting.says}: ${rate.toFixed(0)} commits/s`);
      rates[index]?.push(rate);
    }
  }
  const [plain = 1] = rates.map(median);
  return settings.map(({ says }, index) => {
    const rate = median(rates[index] ?? []);
    return `| ${plan.writers} writers ${says} | ${rate.toFixed(0)} | ${(rate / plain).toFixed(2)} |`;
  });
}

async function inSetting<Result>(
  stage: WriteStage,
  checkout: Checkout,
  setting: Setting,
  work: () => Promise<Result>,
): Promise<Result> {
  const { cluster, tokens, crowd } = stage;
  await cluster.run('agent_runtime', `ALTER TABLE messages ${setting.triggers ? 'ENABLE' : 'DISABLE'} TRIGGER USER`);
  let server: ServerProcess | undefined;
  try {
    if (setting.gateway !== null) {
      server = await startGateway(checkout.folder, cluster, tokens, setting.gateway);
      await subscribe(stage, server, subscribers);
      await sleep(1000);
    }
    return await work();
  } finally {
    await crowd.do({ do: 'close' });
    await server?.stop();
    await cluster.run('agent_runtime', 'ALTER TABLE messages ENABLE TRIGGER USER');
  }
}

async function commitsPerSecond({ cluster }: WriteStage, writers: number, seconds: number): Promise<number> {
  const process = new Child<WritersOrder, number>(new URL('writers-process.ts', import.meta.url));
  try {
    const url = cluster.url('agent_runtime', 'owner');
    const committed = await process.do({ url, writers, milliseconds: seconds * 1000, sessionIds });
    return committed / seconds;
  } finally {
    await process.stop();
  }
}
