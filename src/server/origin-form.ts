import type { IncomingMessage } from 'node:http';

/**
 * Clients that take us for a proxy ask for `http://host/path` (RFC 9112, 3.2.2). Such a target is made the path that
 * others ask for, and its host goes before what `Host` says.
 */
export function toOriginForm(request: IncomingMessage): void {
  const [, host, rest] = /^https?:\/\/([^/?#]+)([^]*)$/i.exec(request.url ?? '') ?? [];
  if (host === undefined || rest === undefined) return;
  request.headers.host = host;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
}
