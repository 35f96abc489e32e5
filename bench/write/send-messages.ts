import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOrder, LoadResult } from '../reads/load-process.ts';
import { wireText } from '../reads/questions.ts';
import { globalId } from '../reads/rows.ts';
import type { Checkout } from '../support/checkouts.ts';
import { Child } from '../support/child.ts';
import { median } from '../support/numbers.ts';
import { say } from '../support/options.ts';
import { startGateway } from '../support/server-process.ts';
import { CpuTime } from './cpu-time.ts';
import { ownerOf, sessionIds, subscribe, type WriteStage } from './stage.ts';

const mutation =
  'mutation Send($session: ID!, $content: String!) { sendMessage(input: { sessionId: $session, content: $content }) { message { id sequence createdAt } } }';

type Round = LoadResult & ReturnType<CpuTime['per']>;

/** sendMessage/s through one gateway, without and with 1,000 subscribers of the sessions that are written to. */
export async function sendMessages(
  stage: WriteStage,
  checkout: Checkout,
  plan: { readonly connections: number; readonly rounds: number; readonly seconds: number },
): Promise<string[]> {
  const server = await startGateway(checkout.folder, stage.cluster, stage.tokens);
  const load = new Child<LoadOrder, LoadResult>(new URL('../reads/load-process.ts', import.meta.url));
  const results = new Map<number, Round[]>();
  try {
    const order = { port: server.port, requests: await requestsOf(stage), connections: plan.connections };
    await load.do({ ...order, milliseconds: 1000 });
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const subscribers of [0, sessionIds.length]) {
        await subscribe(stage, server, subscribers);
        await sleep(1000);
        const time = new CpuTime(stage.cluster, server);
        const result = await load.do({ ...order, milliseconds: plan.seconds * 1000 });
        const spent = time.per(result.answered);
        await stage.crowd.do({ do: 'close' });
        if (result.wrong > 0) throw new Error(`${result.wrong} wrong answers to sendMessage`);
        say(`sendMessage, ${subscribers} subscribers: ${(result.answered / result.seconds).toFixed(0)}/s`);
        results.set(subscribers, [...(results.get(subscribers) ?? []), { ...result, ...spent }]);
      }
    }
  } finally {
    await load.stop();
    await server.stop();
  }
  return [...results].map(([subscribers, all]) => lineOf(subscribers, plan.connections, all));
}

function lineOf(subscribers: number, connections: number, all: readonly Round[]): string {
  const of = (figure: (round: Round) => number): number => median(all.map(figure));
  const figures = [
    of(({ answered, seconds }) => answered / seconds).toFixed(0),
    of(({ p50 }) => p50).toFixed(1),
    of(({ p99 }) => p99).toFixed(1),
    of(({ postgres }) => postgres).toFixed(0),
    of(({ gateway }) => gateway).toFixed(0),
  ];
  return `| sendMessage, ${connections} connections, ${subscribers} subscribers | ${figures.join(' | ')} |`;
}

function requestsOf({ tokens }: WriteStage): Promise<string[]> {
  return Promise.all(
    sessionIds.map(async (id, index) => {
      const variables = {
        session: globalId('Session', id),
        content: 'A message of a user, about as long as they are.',
      };
      const token = await tokens.of(ownerOf(index));
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      return wireText('/graphql', { body: JSON.stringify({ query: mutation, variables }), headers });
    }),
  );
}
