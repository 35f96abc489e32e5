import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const connections = 5_000;

export interface StormFigures {
  readonly connections: number;
  /** How the first attempts ended. */
  readonly first: Readonly<Record<string, number>>;
  /** Until everybody was in, with clients that come back as they are told to. */
  readonly allInMs: number;
  readonly attempts: number;
}

/** So many sockets at once, each of which tries again with full jitter until it is acknowledged. */
export async function storm(url: string, token: string): Promise<StormFigures> {
  const started = performance.now();
  const first: Record<string, number> = {};
  const sockets: WebSocket[] = [];
  let attempts = 0;
  const enter = async (): Promise<void> => {
    for (let ceiling = 500; ; ceiling = Math.min(8_000, ceiling * 2)) {
      attempts += 1;
      const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
      const outcome = await outcomeOf(socket, token);
      if (ceiling === 500) first[outcome] = (first[outcome] ?? 0) + 1;
      if (outcome === 'acknowledged') return void sockets.push(socket);
      socket.terminate();
      await sleep(Math.random() * ceiling);
    }
  };
  await Promise.all(Array.from({ length: connections }, enter));
  const allInMs = Math.round(performance.now() - started);
  for (const socket of sockets) socket.terminate();
  return { connections, first, allInMs, attempts };
}

const outcomeOf = (socket: WebSocket, token: string): Promise<string> =>
  new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })),
    );
    socket.on('message', () => resolve('acknowledged'));
    socket.on('close', (code, reason) => resolve(`${code} ${reason.toString().split(':', 1)[0]}`));
  });
