import type { ClientConfig } from 'pg';
import type { DatabaseConfig } from '../config/database-config.ts';

/** For a connection that waits for as long as nothing happens, and must find out when its other end is gone. */
export function listenerConfig({ statement_timeout: _unbounded, ...direct }: DatabaseConfig): ClientConfig {
  return { ...direct, keepAlive: true, keepAliveInitialDelayMillis: 5000 };
}
