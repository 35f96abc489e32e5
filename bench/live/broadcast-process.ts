/**
 * What bare `ws` can do: a server that sends the same frames to all its sockets, knowing nothing of GraphQL, databases
 * or viewers. It speaks enough of graphql-transport-ws for the same crowd to subscribe.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const server = createServer();
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: false,
  handleProtocols: () => 'graphql-transport-ws',
});
sockets.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    if (data.includes('connection_init')) socket.send('{"type":"connection_ack"}');
  });
});

/** The next frame follows when the last socket has taken this one, so that memory stays bounded. */
async function broadcast(frame: string, times: number): Promise<void> {
  const bytes = Buffer.from(frame);
  for (let time = 0; time < times; time += 1) {
    const [last, ...others] = sockets.clients;
    for (const socket of others) socket.send(bytes, { binary: false });
    await new Promise<void>((resolve) =>
      last === undefined ? resolve() : last.send(bytes, { binary: false }, () => resolve()),
    );
  }
}

process.on('message', ({ frame, times }: { frame: string; times: number }) => {
  void broadcast(frame, times).then(() => process.send?.('done'));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
