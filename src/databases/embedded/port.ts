import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** The wished port of the loopback address when it is free, else any free one. */
export async function freePort(wished: number): Promise<number> {
  return (await tryPort(wished)) ?? (await tryPort(0)) ?? 0;
}

export const isFree = async (port: number): Promise<boolean> => (await tryPort(port)) !== undefined;

async function tryPort(port: number): Promise<number | undefined> {
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return undefined;
  }
  const { port: found } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return found;
}
