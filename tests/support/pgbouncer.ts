import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/databases/embedded/port.ts';
import { startProgram } from './programs.ts';

export interface PgBouncer {
  readonly port: number;
  stop(): Promise<void>;
}

/** PgBouncer does not run as root; this is the user of nobody on Debian and its kin. */
const nobody = { uid: 65_534, gid: 65_534 };

/** A pooler in transaction mode before a server, with few connections to it, so that clients get each other's. */
export async function startPgBouncer(
  server: { readonly port: number },
  users: Readonly<Record<string, string>>,
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'scrollback-pgbouncer-'));
  const port = await freePort(0);
  const settings = join(folder, 'pgbouncer.ini');
  const list = Object.entries(users).map(([user, password]) => `"${user}" "${password}"`);
  await writeFile(join(folder, 'users.txt'), list.join('\n'));
  await writeFile(
    settings,
    `[databases]
* = host=127.0.0.1 port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
default_pool_size = 3
ignore_startup_parameters = statement_timeout
`,
  );
  await chmod(folder, 0o755);
  const pooler = await startProgram('pgbouncer', [settings], {
    ready: /process up/,
    user: process.getuid?.() === 0 ? nobody : undefined,
  });
  return {
    port,
    async stop() {
      await pooler.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
