import type { ConnectionOptions } from 'node:tls';

/** libpq's words for how much TLS a connection wants; a URL that says nothing means `prefer`, as in libpq. */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** What bounds a pool and its connections, in pg's own option names. */
export interface DatabaseLimits {
  /** Connections of one pool. */
  readonly max: number;
  /** How long to wait for a connection. */
  readonly connectionTimeoutMillis: number;
  /** Milliseconds; absent = whatever the server says. */
  readonly statement_timeout?: number;
}

/**
 * One database as `pg.Pool` and `pg.Client` take it: the names are pg's, so the object is handed over as it is.
 * It holds the password: log `masked`, never the object.
 */
export interface DatabaseConfig extends DatabaseLimits {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  readonly ssl: false | ConnectionOptions;
  /** `prefer` has no TLS in `ssl`: only the server can tell, and `settleTls` asks it. */
  readonly sslMode: SslMode;
  /** pg binds the channel when the server offers it; it cannot insist. */
  readonly enableChannelBinding: boolean;
  readonly application_name: string;
  readonly options?: string;
  /** The URL with its secrets hidden, for messages and logs. */
  readonly masked: string;
}
