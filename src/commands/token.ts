import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import type { Database } from '../databases/database.ts';
import { allScopes } from '../services/identity/viewer.ts';
import { parseDuration } from '../shared/duration.ts';
import { StartupError } from '../shared/errors.ts';
import { findUser, type FoundUser } from './find-user.ts';
import { openBuiltInIssuer } from './identity.ts';
import { setUpQuietly } from './set-up-quietly.ts';
import { withRuntime } from './with-runtime.ts';

interface TokenOptions {
  readonly user: string;
  readonly scope?: string;
  readonly tenant?: string;
  readonly expires: string;
}

export const tokenCommand = new Command('token')
  .description('Print an access token of the built-in issuer, and nothing else.')
  .requiredOption('--user <name|id>', 'whose token, by name or id in auth_db')
  .option(
    '--scope <scopes>',
    'space-separated (default: api:read api:write; for administrators api:admin and audit:read as well)',
  )
  .option('--tenant <tenant>', "tenant of the token (default: the user's)")
  .option('--expires <duration>', 'how long it is good for, such as 30s, 15m, 1h or 7d', '15m')
  .action(async (options: TokenOptions) => {
    const { config, log } = setUpQuietly();
    if (config.auth.keys.kind !== 'built-in') throw issuedElsewhere(config);
    const request = requestOf(options);
    await withRuntime(config, log, async ({ databases }) => {
      process.stdout.write(`${await tokenFor(config, databases.auth, options.user, request)}\n`);
    });
  });

export interface WantedToken {
  readonly scopes?: readonly string[];
  readonly tenantId?: string;
  readonly expiresInSeconds: number;
}

/** A token for the user with this name or id; says what to do where there is no such user. */
export async function tokenFor(config: Config, auth: Database, nameOrId: string, wanted: WantedToken): Promise<string> {
  const user = await findUser(auth, nameOrId);
  if (user === null) throw unknownUser(nameOrId);
  if (!user.isActive) throw new StartupError(`The user ${user.username} is deactivated, and gets no token.`);
  const issuer = await openBuiltInIssuer(config);
  return issuer.issue({
    userId: user.id,
    tenantId: wanted.tenantId ?? user.tenantId,
    scopes: wanted.scopes ?? scopesOf(user),
    expiresInSeconds: wanted.expiresInSeconds,
  });
}

const scopesOf = ({ isAdmin }: FoundUser): readonly string[] => [
  'api:read',
  'api:write',
  ...(isAdmin ? ['api:admin', 'audit:read'] : []),
];

function requestOf({ scope, tenant, expires }: TokenOptions): WantedToken {
  return {
    expiresInSeconds: parseDuration(expires),
    ...(scope !== undefined && { scopes: parseScopes(scope) }),
    ...(tenant !== undefined && { tenantId: parseTenant(tenant) }),
  };
}

function parseTenant(tenant: string): string {
  if (tenant.trim() !== '') return tenant;
  throw new StartupError("--tenant is empty; leave it out for the user's own.");
}

function parseScopes(text: string): string[] {
  const scopes = text.split(/[\s,]+/).filter((scope) => scope !== '');
  const unknown = scopes.filter((scope) => !allScopes.some((known) => known === scope));
  if (unknown.length === 0 && scopes.length > 0) return scopes;
  throw new StartupError(`--scope "${text}" is not right: the scopes are ${allScopes.join(', ')}.`);
}

const issuedElsewhere = (config: Config): StartupError =>
  new StartupError(
    `Tokens are checked with the keys of ${config.auth.keys.kind === 'jwks-url' ? 'AUTH_JWKS_URL' : 'AUTH_PUBLIC_KEY_FILE'}, so they are issued there: ask that service (${config.auth.issuer}) for one.`,
  );

const unknownUser = (nameOrId: string): StartupError =>
  new StartupError(
    `There is no user "${nameOrId}". Pass the name or id of a user in auth_db, or run \`scrollback seed\` for the demo users (demo, admin).`,
  );
