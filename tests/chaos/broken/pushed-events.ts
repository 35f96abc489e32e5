import pg from 'pg';
import type { LogEvent } from '../../../src/change-feed/contract.ts';
import type { DatabaseConfig } from '../../../src/config/database-config.ts';
import { backoff } from '../../../src/shared/backoff.ts';
import type { Push } from './broken-feeds.ts';

export const pushChannel = 'chaos_push';

/** What a trigger sends with every event; the events of a lost connection are lost with it. */
export function pushedEvents(direct: DatabaseConfig): Push {
  const receivers = new Set<(event: LogEvent) => void>();
  const receive = (payload: string): void => {
    const event = JSON.parse(payload) as LogEvent & { chain: string; createdAt: string };
    const parsed = { ...event, chain: Buffer.from(event.chain, 'hex'), createdAt: new Date(event.createdAt) };
    receivers.forEach((take) => take(parsed));
  };
  void listenForever(direct, receive);
  return (take) => {
    receivers.add(take);
    return () => receivers.delete(take);
  };
}

async function listenForever(direct: DatabaseConfig, receive: (payload: string) => void): Promise<never> {
  const pauses = backoff({ minMs: 100, maxMs: 1000 });
  for (;;) {
    await listenOnce(direct, receive).catch(() => undefined);
    await pauses.wait(new AbortController().signal);
  }
}

async function listenOnce(direct: DatabaseConfig, receive: (payload: string) => void): Promise<void> {
  const client = new pg.Client(direct);
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  client.on('error', () => undefined);
  client.on('notification', ({ payload }) => receive(payload ?? ''));
  await client.connect();
  await client.query(`LISTEN ${pushChannel}`);
  await ended;
}
