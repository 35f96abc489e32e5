/**
 * A gateway like ours in everything but how it delivers: the design that its argument names. The checker must find
 * out what such a gateway loses; a checker that does not has no teeth.
 */
import { createFeeds } from '../../../src/change-feed/feeds.ts';
import { lookAtSessions } from '../../../src/change-feed/session-looks.ts';
import { Poll } from '../../../src/change-feed/poll.ts';
import { Topics } from '../../../src/change-feed/topics.ts';
import { WakeUpRoads } from '../../../src/change-feed/wake-up-roads.ts';
import { openIdentity } from '../../../src/commands/identity.ts';
import { openRuntime, type Runtime } from '../../../src/commands/runtime.ts';
import { setUp } from '../../../src/commands/setup.ts';
import { untilStopped } from '../../../src/commands/signals.ts';
import { Live, type Logs } from '../../../src/live/live.ts';
import { assembleSchema } from '../../../src/resolvers/assemble.ts';
import { startGatewayServer } from '../../../src/server/gateway-server.ts';
import { Watches } from '../../../src/services/live/watches.ts';
import { revocable } from '../../../src/services/identity/revocable-authenticator.ts';
import { Revocations } from '../../../src/services/identity/revocations.ts';
import { createServices } from '../../../src/services/services.ts';
import type { Log } from '../../../src/shared/log.ts';
import { bareNumberFeeds, pushedLogs } from './broken-feeds.ts';
import { pushedEvents } from './pushed-events.ts';

/** LISTEN, and push what is heard. */
const pushing = ({ databases, roads }: Runtime): Logs =>
  pushedLogs(pushedEvents(roads.agentRuntime.direct), new Live(createFeeds(databases), new Topics()));

/** Pages by number as ours, woken as ours, with a number as the whole cursor. */
function bareNumbers({ databases, roads }: Runtime, intervalMs: number, log: Log): Logs {
  const topics = new Topics();
  const database = databases.agentRuntime;
  const poll = new Poll({ name: 'agentRuntime', look: lookAtSessions(database, topics), topics, intervalMs, log });
  poll.start();
  const config = { wakeUps: ['notify'], bus: null } as const;
  new WakeUpRoads({ database, direct: roads.agentRuntime.direct, config, heard: () => poll.hint(), log }).start();
  return new Live(bareNumberFeeds(database, createFeeds(databases)), topics);
}

const { config, log } = setUp();
const stopped = untilStopped();
const runtime = await openRuntime(config, log);
const { databases } = runtime;
const live = process.argv[2] === 'push' ? pushing(runtime) : bareNumbers(runtime, config.live.pollIntervalMs, log);
const server = await startGatewayServer({
  schema: assembleSchema(),
  gateway: {
    databases,
    services: createServices({ databases, sessionLifetimeSeconds: null, log, written: () => undefined }),
    watches: new Watches(databases, live),
  },
  authenticator: revocable((await openIdentity(config)).authenticator, new Revocations(databases.auth)),
  registered: { textOf: () => Promise.resolve(undefined) },
  jwks: null,
  graphiqlHeaders: () => Promise.resolve({}),
  wakeUps: () => ({ agentRuntime: { mode: 'poll', notUsed: {} }, auth: { mode: 'poll', notUsed: {} } }),
  tokenKeys: null,
  metrics: null,
  config: config.http,
  log,
});
process.stdout.write(`http://localhost:${server.port}/graphql\n`);
await stopped;
await server.stop();
process.exit(0);
