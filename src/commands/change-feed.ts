import { auditTopic, type WakeUps } from '../change-feed/contract.ts';
import { createFeeds } from '../change-feed/feeds.ts';
import { lookAtAudit, lookAtSessions } from '../change-feed/looks.ts';
import { Notifications } from '../change-feed/notifications.ts';
import { Poll } from '../change-feed/poll.ts';
import { Topics } from '../change-feed/topics.ts';
import type { Config } from '../config/config.ts';
import type { DatabaseName } from '../databases/database-name.ts';
import { Live } from '../live/live.ts';
import type { Log } from '../shared/log.ts';
import type { Runtime } from './runtime.ts';

export interface ChangeFeed {
  readonly live: Live;
  /** To be called after a commit of ours. */
  readonly written: (database: DatabaseName) => void;
  stop(): Promise<void>;
}

/** The feeds of both databases with what wakes their followers. */
export function startChangeFeed(
  { databases, roads }: Pick<Runtime, 'databases' | 'roads'>,
  config: Config['live'],
  log: Log,
): ChangeFeed {
  const sources = (['agentRuntime', 'auth'] as const).map((name) => {
    const topics = new Topics();
    const look = name === 'auth' ? lookAtAudit(databases.auth) : lookAtSessions(databases.agentRuntime);
    const poll = new Poll({ name, look, topics, intervalMs: config.pollIntervalMs, log });
    poll.start();
    const heard = (): void => poll.hint();
    const notifications = config.notify
      ? new Notifications({ database: databases[name], direct: roads[name].direct, heard, log })
      : null;
    notifications?.start();
    return { name, topics, poll, notifications };
  });
  const [sessions, audit] = sources as [(typeof sources)[number], (typeof sources)[number]];
  const wakeUps: WakeUps = {
    listen: (topic, listener) => (topic === auditTopic ? audit : sessions).topics.listen(topic, listener),
  };
  return {
    live: new Live(createFeeds(databases), wakeUps),
    written(database) {
      const source = sources.find(({ name }) => name === database);
      source?.poll.hint();
      source?.notifications?.send();
    },
    async stop() {
      await Promise.all(
        sources.map(async ({ poll, notifications }) => {
          await notifications?.stop();
          await poll.stop();
        }),
      );
    },
  };
}
