import type { KeySource } from '../config/config.ts';
import type { RemoteKeys } from '../services/identity/remote-keys.ts';
import type { Log } from '../shared/log.ts';
import { repeat, type Repeated } from '../shared/repeat.ts';
import { reasonOf } from './reason-of.ts';

/** How often it is looked whether it is time; the keys' own cool-down and age say when it is. */
const lookMs = 500;

/**
 * Keeps an issuer's keys at hand, so that no token is the first to find out that they cannot be had; what an operator
 * has to know is logged when it begins and when it ends.
 */
export function watchKeys(keys: RemoteKeys, source: KeySource, log: Log): Repeated {
  const where = source.kind === 'jwks-url' ? addressOf(source.url) : source.kind;
  let failing = false;
  const look = async (): Promise<void> => {
    await keys.renew();
    const { known, failure } = keys.report();
    const fails = failure !== undefined;
    if (fails && !failing) {
      const effect = known ? 'The keys that are known stay good' : 'No token can be checked until it does';
      log.warn(
        `AUTH_JWKS_URL: ${where} gives no key set: ${reasonOf(failure)}. ${effect}; check that the issuer runs and that the address is right.`,
      );
    }
    if (failing && !fails) log.info(`AUTH_JWKS_URL: ${where} gives its key set again`);
    failing = fails;
  };
  return repeat('keys of the token issuer', lookMs, look, log);
}

/** Without what opens it. */
export function addressOf(text: string): string {
  const url = new URL(text);
  url.username = url.password = url.search = '';
  return url.href;
}
