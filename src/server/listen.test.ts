import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { listen, requireFree } from './listen.ts';

test('a port is free until somebody listens there, and asking does not take it', async () => {
  const server = createServer();
  await listen(server, { host: '127.0.0.1', port: 0, setting: 'PORT' });
  const { port } = server.address() as AddressInfo;
  const address = { host: '127.0.0.1', port, setting: 'PORT' } as const;
  await expect(requireFree(address)).rejects.toThrow(
    `Port ${port} is in use. Stop what uses it, or set PORT to another one (0 takes any free port).`,
  );
  server.close();
  await once(server, 'close');
  await requireFree(address);
  await requireFree(address);
});

test('an address that is not this machine is told', async () => {
  await expect(requireFree({ host: '192.0.2.1', port: 0, setting: 'METRICS_PORT' })).rejects.toThrow(
    'This machine has no address 192.0.2.1. Set HOST to one of its own, or to 0.0.0.0.',
  );
});
