/** Writers as services of the field are: plain SQL, each with a connection of its own, which it keeps. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** One message per transaction, or a session's messages deleted and inserted again, with one more. */
export type Work = 'append' | 'save';

export interface WritersOrder {
  readonly url: string;
  readonly work: Work;
  readonly writers: number;
  readonly milliseconds: number;
  readonly sessionIds: readonly string[];
}

const clients: pg.Client[] = [];

/** The transactions that were committed in so many milliseconds. */
async function write(order: WritersOrder): Promise<number> {
  while (clients.length < order.writers) {
    const client = new pg.Client({ connectionString: order.url });
    await client.connect();
    clients.push(client);
  }
  const deadline = performance.now() + order.milliseconds;
  const counts = await Promise.all(
    clients.map(async (client, writer) => {
      // Two that save the same session at once would wait for each other's rows.
      const own = order.sessionIds.filter((_, index) => order.work === 'append' || index % order.writers === writer);
      let count = 0;
      for (; performance.now() < deadline; count += 1) {
        const sessionId = own[Math.floor(Math.random() * own.length)] as string;
        await (order.work === 'append' ? append(client, sessionId) : save(client, sessionId));
      }
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

const content = `A message of a service. ${'It is about as long as such messages are. '.repeat(4)}`;

async function append(client: pg.Client, sessionId: string): Promise<void> {
  await client.query({
    name: 'insert-message',
    text: `INSERT INTO public.messages (id, session_db_id, role, content, "timestamp") VALUES ($1, $2, 'assistant', $3, now())`,
    values: [randomUUID(), sessionId, content],
  });
}

const columns = {
  id: 'text',
  session_db_id: 'text',
  role: 'text',
  content: 'text',
  timestamp: 'timestamptz',
  name: 'text',
  tool_call_id: 'text',
  tool_calls: 'text',
  token_count: 'integer',
} as const;
type Row = Record<keyof typeof columns, unknown>;

const names = Object.keys(columns) as (keyof Row)[];
const listed = names.map((name) => `"${name}"`).join(', ');
const arrays = Object.values(columns)
  .map((type, index) => `$${index + 1}::${type}[]`)
  .join(', ');

async function save(client: pg.Client, sessionId: string): Promise<void> {
  await client.query('BEGIN');
  await client.query({
    name: 'touch-session',
    text: 'UPDATE public.sessions SET last_activity = now() WHERE id = $1',
    values: [sessionId],
  });
  const { rows } = await client.query<Row>({
    name: 'delete-messages',
    text: `DELETE FROM public.messages WHERE session_db_id = $1 RETURNING ${listed}`,
    values: [sessionId],
  });
  const added = { id: randomUUID(), session_db_id: sessionId, role: 'user', content, timestamp: new Date() };
  const all: Partial<Row>[] = [...rows, added];
  await client.query({
    name: 'insert-messages',
    text: `INSERT INTO public.messages (${listed}) SELECT * FROM unnest(${arrays})`,
    values: names.map((name) => all.map((row) => row[name] ?? null)),
  });
  await client.query('COMMIT');
}

process.on('message', (order: WritersOrder) => {
  void write(order).then((count) => process.send?.(count));
});
