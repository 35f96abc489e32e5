import { connect } from 'node:net';
import type { DatabaseConfig } from './database-config.ts';

/** Length 8, then the number by which PostgreSQL's protocol asks whether the server speaks TLS. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * pg knows TLS and no TLS, but not libpq's `prefer`: so the server is asked once, before the pool is made.
 * An unreachable server changes nothing here; connecting will report it.
 */
export async function settleTls(config: DatabaseConfig): Promise<DatabaseConfig> {
  if (config.sslMode !== 'prefer' || !(await speaksTls(config))) return config;
  return Object.freeze({ ...config, ssl: { rejectUnauthorized: false } });
}

function speaksTls({ host, port, connectionTimeoutMillis }: DatabaseConfig): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectionTimeoutMillis });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => socket.write(sslRequest));
    socket.once('data', (reply) => settle(reply.toString('latin1') === 'S'));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
