/** `node attacker.ts <attack> <url> <token>`: attacks in a process of its own, from the first message on until it is killed. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const [attack = '', url = '', token = ''] = process.argv.slice(2);
const perSecond = 200;
const { port } = new URL(url);
let turn = 0;

const post = (query: string, authorization = `Bearer ${token}`): Promise<unknown> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query }),
  }).then((response) => response.arrayBuffer());

const parts = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ');

const socketOf = (): WebSocket => {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { autoPong: false });
  socket.on('error', () => undefined);
  socket.on('open', () =>
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })),
  );
  return socket;
};

/** Sockets that stay, with what each of them goes on doing. */
function keepSockets(count: number, everyMs: number, act: (socket: WebSocket) => void): void {
  for (let each = 0; each < count; each += 1) {
    const socket = socketOf();
    socket.on('open', () => {
      const acting = setInterval(() => act(socket), everyMs);
      socket.on('close', () => clearInterval(acting));
    });
  }
}

/** What is done so many times per second, or once to set something going. */
const attacks: Readonly<Record<string, { once?: () => void; again?: () => Promise<unknown> }>> = {
  nothing: {},
  'lists within lists': {
    again: () => post('{ sessions(first: 200) { nodes { messages(first: 200) { nodes { toolCalls { id } } } } } }'),
  },
  'documents that nobody has sent before': { again: () => post(`{ viewer { a${(turn += 1)}: tenantId } }`) },
  'the dearest documents to validate': {
    again: () =>
      post(
        `{ ${parts(99, (n) => `...f${n}`)} } ${parts(99, (n) => `fragment f${n} on Query { a${(turn += 1)}: viewer { tenantId } }`)}`,
      ),
  },
  'bodies of 1 MB': { again: () => post(`# ${'x'.repeat(999_000)}\n{ viewer { tenantId } }`) },
  'forged tokens': { again: () => post('{ viewer { tenantId } }', `Bearer ${token.slice(0, -8)}AAAAAAAA`) },
  '500 connections that never end a request': {
    once: () => {
      for (let each = 0; each < 500; each += 1) {
        const socket = connect(Number(port), '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write('POST /graphql HTTP/1.1\r\nHost: h\r\n');
        const drip = setInterval(() => socket.write('X: y\r\n'), 500);
        socket.on('close', () => clearInterval(drip));
      }
    },
  },
  'pings from 20 sockets that read nothing': {
    once: () =>
      keepSockets(20, 10, (socket) => {
        socket.pause();
        for (let each = 0; each < 50 && socket.bufferedAmount < 1_000_000; each += 1) socket.ping('x'.repeat(100));
      }),
  },
  'subscribes on 20 sockets': {
    once: () =>
      keepSockets(20, 20, (socket) => {
        const payload = { query: 'subscription { sessionChanged { kind } }' };
        for (let each = 0; each < 20 && socket.bufferedAmount < 1_000_000; each += 1)
          socket.send(JSON.stringify({ id: String((turn += 1)), type: 'subscribe', payload }));
      }),
  },
  'sockets that come and go': {
    again: async () => {
      const socket = socketOf();
      await sleep(50);
      socket.terminate();
    },
  },
};

// An attacker has a machine of its own: here it gets only what is left of the gateway's.
setPriority(constants.priority.PRIORITY_LOW);
process.send?.(Object.keys(attacks));
await once(process, 'message');
const { once: begin, again } = attacks[attack] ?? {};
begin?.();
let running = 0;
setInterval(() => {
  for (let each = 0; each < perSecond / 50 && running < 100; each += 1) {
    running += 1;
    void (again ?? (() => Promise.resolve()))()
      .catch(() => undefined)
      .finally(() => (running -= 1));
  }
}, 20);
