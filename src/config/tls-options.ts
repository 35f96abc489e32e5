import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { SslMode } from './database-config.ts';

/** Words of other drivers that reach us in shared configuration: asyncpg's `ssl=true`, pg's `no-verify`, libpq's `allow`. */
const modes = new Map<string, SslMode>([
  ['disable', 'disable'],
  ['false', 'disable'],
  ['allow', 'prefer'],
  ['prefer', 'prefer'],
  ['require', 'require'],
  ['true', 'require'],
  ['no-verify', 'require'],
  ['verify-ca', 'verify-ca'],
  ['verify-full', 'verify-full'],
]);

/** A root certificate asks for its own use: libpq reads `require` beside one as `verify-ca`, and the system's roots as `verify-full`. */
export function sslModeOf(parameters: ReadonlyMap<string, string>, host: string): SslMode {
  const word = parameters.get('sslmode') ?? parameters.get('ssl') ?? 'prefer';
  const root = parameters.get('sslrootcert');
  const mode = modes.get(word);
  if (mode === undefined) {
    throw new Error(`has sslmode=${word}; it must be disable, prefer, require, verify-ca or verify-full`);
  }
  if (mode === 'verify-ca' && root === undefined) {
    throw new Error('has sslmode=verify-ca without sslrootcert; add sslrootcert=<file with the CA> or use verify-full');
  }
  if (host.startsWith('/')) return 'disable';
  if (root === 'system') return 'verify-full';
  return mode === 'require' && root !== undefined ? 'verify-ca' : mode;
}

/** libpq's meaning, not pg's: `require` encrypts and checks nothing, `verify-ca` checks the CA, `verify-full` the host name as well. */
export function tlsOptionsOf(mode: SslMode, parameters: ReadonlyMap<string, string>): false | ConnectionOptions {
  switch (mode) {
    case 'disable':
    case 'prefer':
      return false;
    case 'require':
      return { ...certificatesOf(parameters), rejectUnauthorized: false };
    case 'verify-ca':
      return { ...certificatesOf(parameters), rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...certificatesOf(parameters), rejectUnauthorized: true };
  }
}

function certificatesOf(parameters: ReadonlyMap<string, string>): ConnectionOptions {
  const root = parameters.get('sslrootcert');
  return {
    ...(root !== undefined && root !== 'system' && { ca: readCertificate('sslrootcert', root) }),
    ...fileOption('cert', 'sslcert', parameters),
    ...fileOption('key', 'sslkey', parameters),
  };
}

function fileOption(
  option: 'cert' | 'key',
  parameter: string,
  parameters: ReadonlyMap<string, string>,
): ConnectionOptions {
  const path = parameters.get(parameter);
  return path === undefined ? {} : { [option]: readCertificate(parameter, path) };
}

function readCertificate(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`has ${parameter}=${path}, a file that cannot be read`, { cause });
  }
}
