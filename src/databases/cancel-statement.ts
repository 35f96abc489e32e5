import pg from 'pg';

/** What `pg` knows of a client's server process; its types do not tell. */
interface Backend {
  readonly host: string;
  readonly port: number;
  readonly ssl: unknown;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

interface CancelConnection {
  readonly stream: { destroy(): void };
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
  on(event: 'connect' | 'sslconnect' | 'error' | 'end', listener: () => void): this;
}

const withinMs = 5_000;

/**
 * Asks the server to stop what the client runs, over a connection of its own, as the protocol wants it, with TLS where the
 * client has it; a pooler passes this on. Nobody waits for it: a server that is silent would not answer this either. The
 * client may not be used any more, because the request may arrive late.
 */
export function cancelStatement(client: pg.PoolClient): void {
  const { host, port, ssl, processID, secretKey } = client as unknown as Backend;
  if (processID === null || secretKey === null) return;
  const options = ssl ? { ssl } : {};
  const connection = new pg.Connection(options) as unknown as CancelConnection;
  const late = setTimeout(() => connection.stream.destroy(), withinMs).unref();
  const ask = (): void => connection.cancel(processID, secretKey);
  connection
    // More than one error may come, and one without a listener would end the process.
    .on('error', () => connection.stream.destroy())
    .on('end', () => clearTimeout(late))
    .on('connect', () => (ssl ? connection.requestSsl() : ask()))
    .on('sslconnect', ask);
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
}
