import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { CertificateFiles } from './certificate.ts';

export interface TlsDoor {
  readonly port: number;
  /** How many connections it led on under TLS. */
  readonly led: () => number;
  close(): Promise<void>;
}

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** A door with TLS before a PostgreSQL that has none. Who does not ask for TLS, as the protocol wants it, is not let in. */
export async function openTlsDoor(port: number, { key, cert }: CertificateFiles): Promise<TlsDoor> {
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  const sockets = new Set<Socket>();
  let led = 0;
  const server = createServer((near) => {
    sockets.add(near);
    near.on('error', () => near.destroy());
    near.once('data', (asked: Buffer) => {
      if (!asked.equals(sslRequest)) return void near.destroy();
      near.write('S');
      const inner = new TLSSocket(near, { isServer: true, ...pair });
      const far = connect(port, '127.0.0.1');
      for (const [one, other] of [
        [inner, far],
        [far, inner],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
      inner.once('secure', () => (led += 1));
      inner.pipe(far).pipe(inner);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    led: () => led,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
