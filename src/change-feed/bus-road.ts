import { randomUUID } from 'node:crypto';
import {
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  StorageType,
  type JetStreamClient,
} from '@nats-io/jetstream';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { readFile } from 'node:fs/promises';
import type { BusConfig } from '../config/config.ts';
import { logIdentityOf } from '../databases/log-identity.ts';
import type { Database } from '../databases/database.ts';
import type { Ears, HintRoad } from './hint-road.ts';
import { RoadProblem } from './reasons.ts';

const stream = 'SCROLLBACK_HINTS';
const root = 'scrollback.hints';
const connectMs = 3000;
const keepMs = 60_000;
const quietMs = 5;

/**
 * Hints from gateway to gateway over NATS JetStream: a stream in memory that keeps one hint per database. Who connects
 * again gets it, and a published hint is acknowledged.
 */
export class BusRoad implements HintRoad {
  readonly mode = 'bus';
  readonly #database: Database;
  readonly #config: BusConfig;
  readonly #failed: (reason: string) => void;
  #publisher: { readonly client: JetStreamClient; readonly subject: string } | null = null;
  #pending = 0;
  #sending: NodeJS.Timeout | undefined;

  constructor(database: Database, config: BusConfig, failed: (reason: string) => void) {
    this.#database = database;
    this.#config = config;
    this.#failed = failed;
  }

  async open(ears: Ears, signal: AbortSignal): ReturnType<HintRoad['open']> {
    // Gateways of one history of one database share its hints, by whatever name they reach it.
    const { epoch } = await logIdentityOf(this.#database);
    const subject = `${root}.${this.#database.name}.${epoch}`;
    const [written, probes] = [`${subject}.written`, `${subject}.probe.${randomUUID()}`];
    const connection = await this.#connect();
    void connection.closed().then((error) => ears.lost(error ?? new RoadProblem('the connection was closed')));
    signal.addEventListener('abort', () => void this.#close(connection), { once: true });
    if (signal.aborted) await this.#close(connection);
    await listen(connection, `${subject}.>`, (from, text) => {
      if (from === probes) ears.echoed(text);
      else if (from === written) ears.heard(Number(text) || undefined);
    });
    const client = jetstream(connection, { timeout: connectMs });
    this.#publisher = { client, subject: written };
    return { probe: (probe) => client.publish(probes, probe) };
  }

  /** Many hints in a row become one, for the furthest position. */
  tell(upTo = 0): void {
    this.#pending = Math.max(this.#pending, upTo);
    this.#sending ??= setTimeout(() => {
      const hint = this.#pending === 0 ? '' : String(this.#pending);
      this.#sending = undefined;
      this.#pending = 0;
      this.#publisher?.client
        .publish(this.#publisher.subject, hint)
        .catch((error: unknown) => this.#failed((error as Error).message));
    }, quietMs);
  }

  async #connect(): Promise<NatsConnection> {
    const { servers, user, password, credentialsFile, tls, caFile } = this.#config;
    return connect({
      servers: [...servers],
      ...(user === null ? {} : { user, pass: password ?? '' }),
      ...(credentialsFile === null ? {} : { authenticator: credsAuthenticator(await readFile(credentialsFile)) }),
      ...(tls ? { tls: caFile === null ? {} : { caFile } } : {}),
      name: 'scrollback',
      timeout: connectMs,
      // Who proves the road connects again, too.
      reconnect: false,
    });
  }

  async #close(connection: NatsConnection): Promise<void> {
    this.#publisher = null;
    clearTimeout(this.#sending);
    this.#sending = undefined;
    await connection.close().catch(() => undefined);
  }
}

async function listen(
  connection: NatsConnection,
  subjects: string,
  heard: (subject: string, text: string) => void,
): Promise<void> {
  const manager = await jetstreamManager(connection, { timeout: connectMs });
  await manager.streams.add({
    name: stream,
    subjects: [`${root}.>`],
    storage: StorageType.Memory,
    discard: DiscardPolicy.Old,
    max_msgs_per_subject: 1,
    max_age: keepMs * 1_000_000,
  });
  const client = jetstream(connection, { timeout: connectMs });
  const consumer = await client.consumers.get(stream, {
    filter_subjects: subjects,
    deliver_policy: DeliverPolicy.New,
  });
  await consumer.consume({ callback: (message) => heard(message.subject, message.string()) });
}
