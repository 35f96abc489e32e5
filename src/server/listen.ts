import { createServer, type Server } from 'node:http';
import { StartupError } from '../shared/errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  /** What says the port. */
  readonly setting: 'PORT' | 'METRICS_PORT';
}

/** Resolves when the server listens; what keeps it from that is said with what to do. */
export function listen(server: Server, address: Address): Promise<void> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenProblem(error, address)));
    server.listen(port, host, resolve);
  });
}

/** Asked before a start does what takes long. */
export async function requireFree(address: Address): Promise<void> {
  const server = createServer();
  await listen(server, address);
  await new Promise((resolve) => server.close(resolve));
}

function listenProblem(error: NodeJS.ErrnoException, { host, port, setting }: Address): StartupError {
  if (error.code === 'EADDRINUSE') {
    return new StartupError(
      `Port ${port} is in use. Stop what uses it, or set ${setting} to another one (0 takes any free port).`,
      error,
    );
  }
  if (error.code === 'EACCES')
    return new StartupError(
      `Port ${port} needs rights that this user does not have. Set ${setting} to one above 1023.`,
      error,
    );
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new StartupError(`This machine has no address ${host}. Set HOST to one of its own, or to 0.0.0.0.`, error);
  }
  return new StartupError(`The gateway cannot listen on ${host}:${port}: ${error.message}`, error);
}
