import type { IncomingMessage } from 'node:http';

export interface OriginPolicy {
  readonly allowedOrigins: readonly string[];
  /** Pages of localhost, on any port. */
  readonly allowLocalhostOrigins: boolean;
}

const localHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a browser's page of this origin may talk to us. Programs send no Origin, and are asked for their token only. */
export function isAllowedOrigin(request: IncomingMessage, policy: OriginPolicy): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (policy.allowedOrigins.includes(origin)) return true;
  const url = URL.canParse(origin) ? new URL(origin) : null;
  if (url === null) return false;
  return url.host === host || (policy.allowLocalhostOrigins && localHosts.has(url.hostname));
}

/** Whether the client has asked for this machine by its own name. */
export const isLocalHost = ({ headers }: IncomingMessage): boolean =>
  localHosts.has(URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? '');
