import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP road to a server that can be cut and mended. */
export interface FaultyRoad {
  readonly port: number;
  /** Ends what is on the road and refuses what comes. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function faultyRoad(to: { readonly host: string; readonly port: number }): Promise<FaultyRoad> {
  let isCut = false;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(to);
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend: () => (isCut = false),
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
