import { auditTopic, type WakeUps } from '../change-feed/contract.ts';
import { createFeeds } from '../change-feed/feeds.ts';
import { lookAtAudit } from '../change-feed/audit-look.ts';
import { Poll } from '../change-feed/poll.ts';
import { lookAtSessions } from '../change-feed/session-looks.ts';
import { Topics } from '../change-feed/topics.ts';
import { WakeUpRoads } from '../change-feed/wake-up-roads.ts';
import type { WakeUpState } from '../change-feed/wake-up-choice.ts';
import type { LiveConfig } from '../config/config.ts';
import { databaseLabels, type DatabaseName } from '../databases/database-name.ts';
import { Live } from '../live/live.ts';
import type { Log } from '../shared/log.ts';
import type { Runtime } from './runtime.ts';

export interface ChangeFeed {
  readonly live: Live;
  /** To be called after a commit of ours. */
  readonly written: (database: DatabaseName) => void;
  /** How changes are noticed now. */
  readonly wakeUps: () => Readonly<Record<DatabaseName, WakeUpState>>;
  stop(): Promise<void>;
}

/** The feeds of both databases with what wakes their followers. */
export function startChangeFeed(
  { databases, roads }: Pick<Runtime, 'databases' | 'roads'>,
  config: LiveConfig,
  log: Log,
): ChangeFeed {
  const open = (name: DatabaseName): Source => openSource(name, { databases, roads }, config, log);
  const sources = { agentRuntime: open('agentRuntime'), auth: open('auth') };
  const wakeUps: WakeUps = {
    listen: (topic, listener) =>
      (topic === auditTopic ? sources.auth : sources.agentRuntime).topics.listen(topic, listener),
  };
  return {
    live: new Live(createFeeds(databases), wakeUps),
    written(database) {
      sources[database].poll.hint();
      sources[database].roads.tell();
    },
    wakeUps: () => ({ agentRuntime: sources.agentRuntime.roads.state, auth: sources.auth.roads.state }),
    async stop() {
      await Promise.all(
        Object.values(sources).map(async ({ roads: wakers, poll }) => {
          await wakers.stop();
          await poll.stop();
        }),
      );
    },
  };
}

interface Source {
  readonly topics: Topics;
  readonly poll: Poll;
  readonly roads: WakeUpRoads;
}

function openSource(
  name: DatabaseName,
  { databases, roads }: Pick<Runtime, 'databases' | 'roads'>,
  config: LiveConfig,
  log: Log,
): Source {
  const topics = new Topics();
  const look = name === 'auth' ? lookAtAudit(databases.auth) : lookAtSessions(databases.agentRuntime, topics);
  const poll = new Poll({ name: databaseLabels[name], look, topics, intervalMs: config.pollIntervalMs, log });
  const wakers = new WakeUpRoads({
    database: databases[name],
    direct: roads[name].direct,
    config,
    heard: (upTo) => poll.hint(upTo),
    log,
  });
  poll.start();
  wakers.start();
  return { topics, poll, roads: wakers };
}
