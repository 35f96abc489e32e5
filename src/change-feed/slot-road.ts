import { once, type EventEmitter } from 'node:events';
import pg from 'pg';
import { PgoutputPlugin } from 'pg-logical-replication';
import { sql } from '../shared/sql.ts';
import type { DatabaseConfig } from '../config/database-config.ts';
import type { Database } from '../databases/database.ts';
import type { Ears, HintRoad } from './hint-road.ts';
import { listenerConfig } from './listener-config.ts';
import { lacksReplication, RoadProblem } from './reasons.ts';
import { acknowledgement, readReplication } from './replication-messages.ts';

interface SlotOptions {
  readonly database: Database;
  /** Of a role with REPLICATION. */
  readonly direct: DatabaseConfig;
  /** One slot of this name there can be on a server: the second one to want it is refused. */
  readonly slot: string;
}

/** Of pg's connection, what its types leave out: the raw stream of a copy in both directions. */
type ReplicationConnection = EventEmitter & { sendCopyFromChunk(chunk: Buffer): void };

const publication = 'scrollback_log';
const probePrefix = 'scrollback_probe';
/** What brackets each transaction's rows, and says nothing that they do not. */
const brackets: readonly (number | undefined)[] = [0x42, 0x43];
const acknowledgeMs = 5000;
const probeMs = 2000;

/**
 * Hints from the write-ahead log, whoever writes: a temporary slot, which the server drops with the connection, and a
 * publication of nothing but the positions of the log's own rows, and of messages that wait to become some. A commit is
 * here before it is visible, so hints name their position where they have one.
 */
export function slotRoad({ database, direct, slot }: SlotOptions): HintRoad {
  return {
    mode: 'slot',
    async open(ears, signal) {
      await requireReplication(database, direct);
      const client = new pg.Client({ ...listenerConfig(direct), replication: 'database' } as pg.ClientConfig);
      client.on('error', (error) => ears.lost(error));
      client.on('end', () => ears.lost(new RoadProblem('the connection was closed')));
      signal.addEventListener('abort', () => void client.end().catch(() => undefined), { once: true });
      await client.connect();
      // A server whose gateway is gone without a word drops the slot after this time.
      await client.query(`SET wal_sender_timeout = '10s'`);
      await client.query(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`);
      await follow(client, slot, ears, signal);
      return {
        // In a transaction, so that its commit takes the probe to where the log's rows come from.
        probe: (probe) =>
          database.query(sql`SELECT pg_logical_emit_message(true, ${probePrefix}, ${probe})`, { withinMs: probeMs }),
      };
    },
  };
}

/** Asked first: whoever tries without the right leaves a FATAL in the server's log, every time. */
async function requireReplication(database: Database, { user }: DatabaseConfig): Promise<void> {
  const [role] = await database.query<{ may: boolean }>(
    sql`SELECT rolreplication OR rolsuper AS may FROM pg_roles WHERE rolname = ${user}`,
    { withinMs: probeMs },
  );
  if (role?.may !== true) throw new RoadProblem(lacksReplication);
}

async function follow(client: pg.Client, slot: string, ears: Ears, signal: AbortSignal): Promise<void> {
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [publication], messages: true });
  const { connection } = client as pg.Client & { connection: ReplicationConnection };
  let seen = 0n;
  const acknowledge = (): void => connection.sendCopyFromChunk(acknowledgement(seen));
  connection.on('copyData', ({ chunk }: { chunk: Buffer }) => {
    const { position, data, wantsReply } = readReplication(chunk);
    if (position > seen) seen = position;
    if (data !== null && !brackets.includes(data[0])) tell(plugin.parse(data), ears);
    if (wantsReply) acknowledge();
  });
  const started = once(connection, 'replicationStart', { signal });
  const ended = plugin.start(client, slot, '0/0');
  ended.catch((error: Error) => ears.lost(error));
  await Promise.race([started, ended]);
  const timer = setInterval(acknowledge, acknowledgeMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

type Decoded = ReturnType<PgoutputPlugin['parse']>;

function tell(message: Decoded, ears: Ears): void {
  if (message.tag === 'insert') {
    const { position, number } = message.new;
    // A message that waits for its number has no position in the log yet.
    ears.heard(message.relation.name === 'unnumbered_messages' ? undefined : Number(position ?? number));
  } else if (message.tag === 'message' && message.prefix === probePrefix)
    ears.echoed(Buffer.from(message.content).toString());
}
