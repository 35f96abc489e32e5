import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkout } from '../support/checkouts.ts';
import { Child } from '../support/child.ts';
import { median } from '../support/numbers.ts';
import { say } from '../support/options.ts';
import { startGateway, type ServerProcess } from '../support/server-process.ts';
import { CpuTime } from './cpu-time.ts';
import { Numberer } from './numberer.ts';
import { otherSessionIds, sessionIds, subscribe, type Followed, type WriteStage } from './stage.ts';
import type { Work, WritersOrder } from './writers-process.ts';

/** What else is going on while plain writers write. */
interface Setting {
  readonly says: string;
  readonly triggers: boolean;
  /** Whether messages are numbered meanwhile, by a connection that does nothing else. */
  readonly numbered?: boolean;
  /** Settings of the gateway that follows; null without a gateway. */
  readonly gateway: Readonly<Record<string, string>> | null;
  readonly followed?: Followed;
}

const settings: Readonly<Record<Work, readonly Setting[]>> = {
  append: [
    { says: "without the log's triggers", triggers: false, gateway: null },
    { says: 'with them', triggers: true, gateway: null },
    { says: 'with them, and numbered ten times a second', triggers: true, gateway: null, numbered: true },
    { says: 'with them and 1,000 subscribers, woken by the poll', triggers: true, gateway: { LIVE_NOTIFY: 'false' } },
    { says: 'with them and 1,000 subscribers, wake-ups by default', triggers: true, gateway: {} },
    {
      says: 'with them and 1,000 subscribers of other sessions, wake-ups by default',
      triggers: true,
      gateway: {},
      followed: 'others',
    },
  ],
  save: [
    { says: "that save sessions of some fifty messages, without the log's triggers", triggers: false, gateway: null },
    { says: 'that save them with the triggers', triggers: true, gateway: null },
    {
      says: 'that save them with the triggers, and numbered ten times a second',
      triggers: true,
      gateway: null,
      numbered: true,
    },
  ],
};

const subscribers = 1000;
/** What was committed last is a gateway's work too. */
const untilDeliveredMs = 1500;
/** Gateways run for days as well. */
const settleMs = 3000;
/** Services keep their connections for days: so do these writers, and what PostgreSQL loads after a change of triggers is not counted. */
const warmUpMs = 400;
/** What needs no gateway takes short turns, for a machine that is faster at one time than at another. */
const turnsAlone = 5;

type Writers = Child<WritersOrder, number>;

interface Round {
  readonly rate: number;
  readonly postgres: number;
  readonly gateway: number;
}

/** Plain SQL in each setting, in turns: commits/s, their ratio to the first setting's, and the CPU time of each. */
export async function plainWriters(
  stage: WriteStage,
  checkout: Checkout,
  plan: { readonly work: Work; readonly writers: number; readonly rounds: number; readonly seconds: number },
): Promise<string[]> {
  const rounds = new Map(settings[plan.work].map((setting): [Setting, Round[]] => [setting, []]));
  const alone = settings[plan.work].filter(({ gateway }) => gateway === null);
  const beside = settings[plan.work].filter(({ gateway }) => gateway !== null);
  const process: Writers = new Child(new URL('writers-process.ts', import.meta.url));
  const numberer = await Numberer.connect(stage.cluster.url('agent_runtime', 'owner'));
  const measure = async (setting: Setting, seconds: number): Promise<void> => {
    // What an earlier setting has left is not this one's work.
    await numberer.catchUp();
    const round = await inSetting(stage, checkout, setting, (server) =>
      write(stage, process, numberer, server, setting, { ...plan, seconds }),
    );
    say(`${plan.writers} writers ${setting.says}: ${round.rate.toFixed(0)} commits/s`);
    rounds.get(setting)?.push(round);
  };
  try {
    for (let number = 0; number < plan.rounds; number += 1) {
      for (let turn = 0; turn < turnsAlone; turn += 1)
        for (const setting of alone) await measure(setting, plan.seconds / 4);
      for (const setting of beside) await measure(setting, plan.seconds);
    }
  } finally {
    await process.stop();
    await numberer.close();
  }
  const medians = [...rounds].map(([{ says }, all]) => {
    const of = (figure: keyof Round): number => median(all.map((round) => round[figure]));
    return { says, rate: of('rate'), postgres: of('postgres'), gateway: of('gateway') };
  });
  return medians.map(({ says, rate, postgres, gateway }) => {
    const ratio = rate / (medians[0]?.rate ?? rate);
    return `| ${plan.writers} writers ${says} | ${rate.toFixed(0)} | ${ratio.toFixed(2)} | ${postgres.toFixed(0)} | ${gateway.toFixed(0)} |`;
  });
}

const triggers = (on: boolean): string =>
  ['messages', 'sessions'].map((table) => `ALTER TABLE ${table} ${on ? 'ENABLE' : 'DISABLE'} TRIGGER USER`).join('; ');

async function inSetting<Result>(
  stage: WriteStage,
  checkout: Checkout,
  setting: Setting,
  work: (server: ServerProcess | undefined) => Promise<Result>,
): Promise<Result> {
  const { cluster, tokens, crowd } = stage;
  await cluster.run('agent_runtime', triggers(setting.triggers));
  let server: ServerProcess | undefined;
  try {
    if (setting.gateway !== null) {
      server = await startGateway(checkout.folder, cluster, tokens, setting.gateway);
      await subscribe(stage, server, subscribers, setting.followed);
      await sleep(settleMs);
    }
    return await work(server);
  } finally {
    await crowd.do({ do: 'close' });
    await server?.stop();
    await cluster.run('agent_runtime', triggers(true));
  }
}

async function write(
  { cluster }: WriteStage,
  process: Writers,
  numberer: Numberer,
  server: ServerProcess | undefined,
  setting: Setting,
  { work, writers, seconds }: { readonly work: Work; readonly writers: number; readonly seconds: number },
): Promise<Round> {
  const url = cluster.url('agent_runtime', 'owner');
  // What was saved past the triggers would be news to the log at the next save with them.
  const saved = otherSessionIds.filter((_, index) => (index % 2 === 0) === setting.triggers);
  const order = { url, work, writers, sessionIds: work === 'save' ? saved : sessionIds };
  await process.do({ ...order, milliseconds: warmUpMs });
  const time = new CpuTime(cluster, server);
  if (setting.numbered === true) numberer.begin();
  const committed = await process.do({ ...order, milliseconds: seconds * 1000 });
  if (setting.numbered === true) await numberer.end();
  if (server !== undefined) await sleep(untilDeliveredMs);
  return { rate: committed / seconds, ...time.per(committed) };
}
