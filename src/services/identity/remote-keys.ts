import { createRemoteJWKSet, customFetch, errors, type FetchImplementation } from 'jose';
import { unavailable } from '../../shared/errors.ts';
import type { VerificationKeys } from './verification-keys.ts';

export interface RemoteKeysOptions {
  /** At most one fetch in this time, whether it fails or not: a flood of unknown key ids must not reach the issuer. */
  readonly cooldownMs?: number;
  /** Keys older than this are fetched again, so that a withdrawn key is forgotten. */
  readonly maxAgeMs?: number;
  readonly timeoutMs?: number;
}

/** A hundred keys with their certificates fit in; what is larger is no key set, and must not fill the memory. */
const maxKeySetBytes = 1_000_000;

const boundedFetch: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status !== 200 || response.body === null) return response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxKeySetBytes) throw new Error(`The key set is larger than ${maxKeySetBytes} bytes.`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks));
};

/** How it stands with an issuer's keys. */
export interface KeysReport {
  /** Whether there are any: without, no token can be checked. */
  readonly known: boolean;
  /** Why the last attempt to get them failed; undefined where it did not. */
  readonly failure: unknown;
}

export interface RemoteKeys {
  readonly find: VerificationKeys;
  /** Gets the keys where there are none or they are old, within the cool-down. Fails silently; the report says how. */
  renew(): Promise<void>;
  report(): KeysReport;
}

/**
 * The keys that an issuer publishes at a URL. While it is down the keys we have stay good; jose alone would
 * refuse them after their age, and would fetch for every token as long as fetching fails.
 */
export function keysFromUrl(url: string, options: RemoteKeysOptions = {}): RemoteKeys {
  const { cooldownMs = 30_000, maxAgeMs = 600_000, timeoutMs = 5_000 } = options;
  const forever = { cooldownDuration: Infinity, cacheMaxAge: Infinity };
  const remote = createRemoteJWKSet(new URL(url), {
    ...forever,
    timeoutDuration: timeoutMs,
    [customFetch]: boundedFetch,
  });
  let triedAt = -Infinity;
  let loadedAt = -Infinity;
  let failure: unknown;

  const refresh = async (): Promise<void> => {
    if (!remote.reloading) {
      if (performance.now() - triedAt < cooldownMs) return;
      triedAt = performance.now();
    }
    try {
      await remote.reload();
      loadedAt = performance.now();
      failure = undefined;
    } catch (error) {
      failure = error;
    }
  };

  const renew = async (): Promise<void> => {
    const old = performance.now() - loadedAt > maxAgeMs;
    // Only one token waits for newer keys; the others go on with the ones we have.
    if (!remote.fresh || (old && !remote.reloading)) await refresh();
  };

  const find: VerificationKeys = async (header, token) => {
    await renew();
    try {
      if (remote.fresh) return await remote(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    await refresh();
    if (failure !== undefined || !remote.fresh) throw unavailable("The token issuer's key set", failure);
    return remote(header, token);
  };

  return { find, renew, report: () => ({ known: remote.fresh, failure }) };
}
