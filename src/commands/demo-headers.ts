import type { Config } from '../config/config.ts';
import { findUser } from './find-user.ts';
import type { Runtime } from './runtime.ts';
import { tokenFor } from './token.ts';

const pageTokenSeconds = 12 * 60 * 60;

/** GraphiQL's headers at a first look: a token of the demo user, so that the first query answers. */
export function demoHeaders(config: Config, { databases }: Runtime): () => Promise<Record<string, string>> {
  return async (): Promise<Record<string, string>> => {
    if ((await findUser(databases.auth, 'demo')) === null) return {};
    const token = await tokenFor(config, databases.auth, 'demo', { expiresInSeconds: pageTokenSeconds });
    return { Authorization: `Bearer ${token}` };
  };
}
