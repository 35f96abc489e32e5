import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { TestGateway } from './gateway.ts';

/** One operation as somebody sends it who minds no rules. */
export interface Attempt {
  /** Headers, which are the payload of connection_init on a websocket. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, whatever it is. */
  readonly payload: unknown;
  /** Instead of the payload as JSON. */
  readonly bytes?: Buffer;
}

/** `ok`, or what the transport said instead: a code of the contract, else the number of its own refusal. */
export type Outcome = string;

export type Transport = (gateway: TestGateway, attempt: Attempt) => Promise<Outcome>;

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

const outcomeOf = ({ errors }: Answer): Outcome => errors?.[0]?.extensions?.code ?? 'ok';

const overHttp = async (gateway: TestGateway, attempt: Attempt): Promise<Outcome> => {
  const response = await post(gateway.url, attempt, 'application/json');
  return outcomeOfText(await response.text(), response.status);
};

const overEvents = async (gateway: TestGateway, attempt: Attempt): Promise<Outcome> => {
  const response = await post(`${gateway.url}/stream`, attempt, 'text/event-stream');
  const text = await response.text();
  const [, event] = /^event: next\ndata: (.*)$/m.exec(text) ?? [];
  return outcomeOfText(event ?? text, response.status);
};

const post = (url: string, { headers, payload, bytes }: Attempt, accept: string): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: bytes === undefined ? JSON.stringify(payload) : new Uint8Array(bytes),
  });

function outcomeOfText(text: string, status: number): Outcome {
  try {
    return outcomeOf(JSON.parse(text) as Answer);
  } catch {
    return String(status);
  }
}

const overWebSocket = async (gateway: TestGateway, { headers, payload, bytes }: Attempt): Promise<Outcome> => {
  const { origin, ...params } = headers ?? {};
  const socket = openSocket(gateway, origin === undefined ? {} : { origin });
  try {
    return await Promise.race([
      refusedUpgrade(socket),
      closing(socket),
      (async () => {
        await once(socket, 'open');
        socket.send(JSON.stringify({ type: 'connection_init', payload: params }));
        await message(socket, 'connection_ack');
        const text = JSON.stringify({ id: '1', type: 'subscribe', payload: bytes === undefined ? payload : null });
        socket.send(bytes === undefined ? text : bytesInside(text, bytes), { binary: false });
        const { payload: answer } = await message(socket, 'next', 'error');
        return outcomeOf(Array.isArray(answer) ? { errors: answer as Answer['errors'] & object } : (answer as Answer));
      })(),
    ]);
  } finally {
    socket.terminate();
  }
};

export const transports: Readonly<Record<'HTTP' | 'WebSocket' | 'events', Transport>> = {
  HTTP: overHttp,
  WebSocket: overWebSocket,
  events: overEvents,
};

export const openSocket = (
  gateway: TestGateway,
  options: { origin?: string; autoPong?: boolean } = {},
  protocol: string | string[] = 'graphql-transport-ws',
): WebSocket => {
  const socket = new WebSocket(gateway.url.replace('http', 'ws'), protocol, { perMessageDeflate: false, ...options });
  socket.on('error', () => undefined);
  return socket;
};

/** A socket that has been acknowledged. */
export async function connectedSocket(gateway: TestGateway, authorization: string): Promise<WebSocket> {
  const socket = openSocket(gateway);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  const outcome = await Promise.race([message(socket, 'connection_ack').then(() => null), closing(socket)]);
  if (outcome !== null) throw new Error(`The socket was closed with ${outcome}.`);
  return socket;
}

/** The next message of one of these types. */
export const message = (socket: WebSocket, ...types: string[]): Promise<{ id?: string; payload?: unknown }> =>
  new Promise((resolve) => {
    const look = (data: Buffer): void => {
      const read = JSON.parse(data.toString()) as { type: string; id?: string; payload?: unknown };
      if (!types.includes(read.type)) return;
      socket.off('message', look);
      resolve(read);
    };
    socket.on('message', look);
  });

/** How the gateway closes it: the code of the contract that its reason begins with, else the close code. */
export const closing = (socket: WebSocket): Promise<Outcome> =>
  new Promise((resolve) =>
    socket.once('close', (code: number, reason: Buffer) => {
      const [, contractCode] = /^([A-Z_]+): /.exec(reason.toString()) ?? [];
      resolve(contractCode ?? String(code));
    }),
  );

const refusedUpgrade = (socket: WebSocket): Promise<Outcome> =>
  new Promise((resolve) =>
    socket.once('unexpected-response', (_request, response: { statusCode?: number }) =>
      resolve(String(response.statusCode)),
    ),
  );

/** The bytes as the payload of a message. */
function bytesInside(text: string, bytes: Buffer): Buffer {
  const [head = '', tail = ''] = text.split('null');
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail)]);
}
