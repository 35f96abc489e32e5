/** Writers as services of the field are: plain SQL, one message per transaction, each with a connection of its own. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface WritersOrder {
  readonly url: string;
  readonly writers: number;
  readonly milliseconds: number;
  readonly sessionIds: readonly string[];
}

async function write(order: WritersOrder): Promise<number> {
  const deadline = performance.now() + order.milliseconds;
  const clients = await Promise.all(
    Array.from({ length: order.writers }, async () => {
      const client = new pg.Client({ connectionString: order.url });
      await client.connect();
      return client;
    }),
  );
  const counts = await Promise.all(clients.map((client) => writeUntil(deadline, client, order.sessionIds)));
  await Promise.all(clients.map((client) => client.end()));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function writeUntil(deadline: number, client: pg.Client, sessionIds: readonly string[]): Promise<number> {
  let count = 0;
  for (; performance.now() < deadline; count += 1) {
    const sessionId = sessionIds[Math.floor(Math.random() * sessionIds.length)];
    await client.query({
      name: 'insert-message',
      text: `INSERT INTO public.messages (id, session_db_id, role, content, "timestamp") VALUES ($1, $2, 'assistant', $3, now())`,
      values: [
        randomUUID(),
        sessionId,
        `A message of a service. ${'It is about as long as such messages are. '.repeat(4)}`,
      ],
    });
  }
  return count;
}

process.on('message', (order: WritersOrder) => {
  void write(order).then((count) => process.send?.(count));
});
