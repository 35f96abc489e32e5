import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who connects to the embedded server, with the name of the role in PostgreSQL. */
export const roleNames = {
  superuser: 'postgres',
  owner: 'scrollback_owner',
  gateway: 'scrollback_gateway',
} as const;

export type EmbeddedRole = keyof typeof roleNames;

/** What has to be remembered from start to start to find the server and be let in. */
export interface Credentials {
  readonly port: number;
  readonly passwords: Readonly<Record<EmbeddedRole, string>>;
}

/** The alphabet of base64url needs no quoting in SQL or in a URL. */
const newPassword = (): string => randomBytes(24).toString('base64url');

export const newCredentials = (): Credentials => ({
  port: 0,
  passwords: { superuser: newPassword(), owner: newPassword(), gateway: newPassword() },
});

export const credentialsFile = (dataFolder: string): string => join(dataFolder, 'postgres-credentials.json');

export function readCredentials(dataFolder: string): Credentials | undefined {
  const file = credentialsFile(dataFolder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Credentials) : undefined;
}

/** Written aside and renamed, so that a crash leaves the old file or the new one. */
export function writeCredentials(dataFolder: string, credentials: Credentials): void {
  const file = credentialsFile(dataFolder);
  writeFileSync(`${file}.new`, JSON.stringify(credentials, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export const urlOf = ({ port, passwords }: Credentials, database: string, role: EmbeddedRole): string =>
  `postgresql://${roleNames[role]}:${passwords[role]}@127.0.0.1:${port}/${database}`;
