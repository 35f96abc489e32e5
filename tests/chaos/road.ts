import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP road with a fixed near end, whose far end may move, and on which things go wrong. */
export interface Road {
  readonly port: number;
  /** Where new connections lead to; null: they are refused. */
  lead(to: number | null): void;
  /** Ends all connections. */
  cut(): void;
  /** From now on no byte passes on the connections that there are, and neither side is told. New ones work. */
  silence(): void;
  close(): Promise<void>;
}

/** A silenced connection is ended after a while by something on its way, as routers do. */
const silenceMs = 60_000;

export async function openRoad(): Promise<Road> {
  let target: number | null = null;
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer({ noDelay: true }, (near) => {
    near.on('error', () => near.destroy());
    if (target === null) return void near.destroy();
    const far = connect({ host: '127.0.0.1', port: target, noDelay: true });
    const pair = [near, far] as const;
    pairs.add(pair);
    far.on('error', () => far.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => {
      near.destroy();
      pairs.delete(pair);
    });
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => pairs.forEach(([near]) => near.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    lead: (to) => (target = to),
    cut,
    silence: () => pairs.forEach((pair) => silencePair(pair)),
    close: () => {
      target = null;
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function silencePair([near, far]: readonly [Socket, Socket]): void {
  for (const socket of [near, far]) {
    socket.unpipe();
    socket.pause();
    // The end of one side must not reach the other one.
    socket.removeAllListeners('close');
    socket.removeAllListeners('end');
  }
  setTimeout(() => {
    near.destroy();
    far.destroy();
  }, silenceMs).unref();
}
