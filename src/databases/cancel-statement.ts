import pg from 'pg';

/** What `pg` knows of a client's server process; its types do not tell. */
interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

interface CancelConnection {
  connect(port: number | string, host?: string): void;
  cancel(processID: number, secretKey: number): void;
  once(event: 'connect' | 'error' | 'end', listener: () => void): this;
}

/**
 * Asks the server to stop what the client runs, over a connection of its own, as the protocol wants it; a pooler passes
 * this on. Resolves when the server has taken notice. Nobody else may use the client any more: the request may arrive late.
 */
export function cancelStatement(client: pg.PoolClient): Promise<void> {
  const { host, port, processID, secretKey } = client as unknown as Backend;
  if (processID === null || secretKey === null) return Promise.resolve();
  return new Promise((resolve) => {
    const connection = new pg.Connection() as unknown as CancelConnection;
    connection
      .once('error', resolve)
      .once('end', resolve)
      .once('connect', () => connection.cancel(processID, secretKey));
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}
