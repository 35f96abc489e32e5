import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { TlsFiles } from '../config/config.ts';
import { StartupError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';

interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const lookIntervalMs = 5_000;

/** The pair of files, which must fit together. */
export function readCertificate({ certFile, keyFile }: TlsFiles): Certificate {
  try {
    const certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    createSecureContext(certificate);
    return certificate;
  } catch (cause) {
    throw new StartupError(
      `TLS_CERT_FILE and TLS_KEY_FILE cannot be used: ${(cause as Error).message}. They must be a certificate and its key in PEM.`,
      cause,
    );
  }
}

/** Takes renewed files without a restart, when they change or at SIGHUP. Files that do not fit leave the old ones in use. */
export function watchCertificate(server: Server, files: TlsFiles, log: Log): void {
  const reload = (): void => {
    try {
      server.setSecureContext(readCertificate(files));
      log.info('the TLS certificate was read again');
    } catch (error) {
      log.error({ error: (error as Error).message }, 'the TLS certificate could not be read again; the old one stays');
    }
  };
  const paths = [files.certFile, files.keyFile];
  // Polled, because what is watched may be a link that is put elsewhere.
  for (const path of paths) watchFile(path, { interval: lookIntervalMs, persistent: false }, reload);
  process.on('SIGHUP', reload);
  server.once('close', () => {
    for (const path of paths) unwatchFile(path, reload);
    process.off('SIGHUP', reload);
  });
}
