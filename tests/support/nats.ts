import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from './programs.ts';

export interface Nats {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export async function startNats(options: { port?: number; jetStream?: boolean } = {}): Promise<Nats> {
  const folder = await mkdtemp(join(tmpdir(), 'scrollback-nats-'));
  const port = String(options.port ?? -1);
  const stream = options.jetStream === false ? [] : ['-js', '-sd', folder];
  const server = await startProgram(
    'nats-server',
    ['-a', '127.0.0.1', '-p', port, ...stream, '--user', 'scroll', '--pass', 'b@ck'],
    {
      ready: /Listening for client connections on 127\.0\.0\.1:(\d+)/,
    },
  );
  const taken = Number(server.said[1]);
  return {
    port: taken,
    url: `nats://scroll:b%40ck@127.0.0.1:${taken}`,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
