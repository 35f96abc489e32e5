import { existsSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { keysFromFile } from '../../services/identity/verification-keys.ts';
import { isRecord } from '../../shared/json-text.ts';
import { openBuiltInIssuer } from '../identity.ts';
import { reasonOf } from '../reason-of.ts';
import { addressOf } from '../watch-keys.ts';
import { ok, problem, warning, type Finding } from './finding.ts';

const about = 'tokens';
const patienceMs = 5000;

/** Whether the keys are there that tokens are checked with. */
export async function checkKeys(config: Config): Promise<Finding> {
  const { keys } = config.auth;
  if (keys.kind === 'jwks-url') return checkUrl(keys.url);
  if (keys.kind === 'file') {
    await keysFromFile(keys.path);
    return ok(about, `the key file ${keys.path} is good`);
  }
  // Opening makes what is missing, and that is the first start's business.
  if (!existsSync(config.dataFolder)) return ok(about, 'the built-in issuer gets its key from the first start');
  await openBuiltInIssuer(config);
  if (config.mode !== 'production') return ok(about, 'the built-in issuer is ready');
  return warning(
    about,
    'the built-in issuer is for trying things out; set AUTH_JWKS_URL or AUTH_PUBLIC_KEY_FILE in production.',
  );
}

async function checkUrl(url: string): Promise<Finding> {
  const where = addressOf(url);
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
    if (!answer.ok)
      return problem(about, `${where} answers ${answer.status}; AUTH_JWKS_URL must be the issuer's key set.`);
    const count = countKeys(await answer.json());
    if (count > 0) return ok(about, `${where} has ${count} keys`);
    return problem(about, `${where} has no key for RS256 or ES256; AUTH_JWKS_URL must be the issuer's key set.`);
  } catch (error) {
    return problem(
      about,
      `${where} gives no key set: ${reasonOf(error)}. Check that the issuer runs and that AUTH_JWKS_URL is right.`,
    );
  }
}

function countKeys(answer: unknown): number {
  const keys: unknown = isRecord(answer) ? answer['keys'] : null;
  return Array.isArray(keys)
    ? keys.filter((key: unknown) => isRecord(key) && (key['kty'] === 'RSA' || key['kty'] === 'EC')).length
    : 0;
}
