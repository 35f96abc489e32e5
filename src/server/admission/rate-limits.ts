import {
  BurstyRateLimiter,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  RLWrapperTimeouts,
} from 'rate-limiter-flexible';
import { createClient } from 'redis';
import type { RateLimits as Limits } from '../../config/limits.ts';
import type { Log } from '../../shared/log.ts';
import { rateLimited } from './refused.ts';

type Kind = 'address' | 'user' | 'tenant';
type RedisClient = ReturnType<typeof createClient>;

/** What is above the steady rate comes from a store that is filled once a minute. */
const burstSeconds = 60;
const redisTimeoutMs = 250;
const reconnectMs = 2_000;

/**
 * How often: so many operations per second, and a store for bursts. Counted in this process or, for several gateways,
 * in Redis. While Redis is away each gateway counts for itself, because an outage of Redis must not be one of ours.
 */
export class RateLimiter {
  readonly #limits: Limits;
  readonly #buckets: ReadonlyMap<Kind, BurstyRateLimiter>;
  readonly #redis: RedisClient | null;

  constructor(limits: Limits, log: Log) {
    this.#limits = limits;
    this.#redis = limits.redisUrl === null ? null : connectedRedis(limits.redisUrl, log);
    const kinds: readonly Kind[] = ['address', 'user', 'tenant'];
    this.#buckets = new Map(
      kinds.filter((kind) => limits[kind] > 0).map((kind) => [kind, bucketOf(kind, limits, this.#redis)]),
    );
  }

  /** Throws RATE_LIMITED, with when to come again. */
  async take(kind: Kind, key: string, count: number): Promise<void> {
    const bucket = this.#buckets.get(kind);
    if (bucket === undefined) return;
    try {
      await bucket.consume(key, count);
    } catch (rejection) {
      if (!(rejection instanceof RateLimiterRes)) throw rejection;
      const limit = this.#limits[kind];
      const message = `There are at most ${limit} operations per second for each ${kind}, and ${limit * this.#limits.burstSeconds} more in a minute; slow down.`;
      throw rateLimited(`RATE_LIMIT_${kind.toUpperCase()}`, limit, message, Math.max(1, rejection.msBeforeNext));
    }
  }

  async close(): Promise<void> {
    if (this.#redis?.isOpen === true) this.#redis.destroy();
    return Promise.resolve();
  }
}

function bucketOf(kind: Kind, limits: Limits, redis: RedisClient | null): BurstyRateLimiter {
  const rate = limits[kind];
  const limiter = (points: number, duration: number, purpose: string): RateLimiterMemory => {
    const options = { points, duration, keyPrefix: `scrollback ${purpose} ${kind}` };
    const memory = new RateLimiterMemory(options);
    if (redis === null) return memory;
    const shared = new RateLimiterRedis({
      ...options,
      storeClient: redis,
      useRedisPackage: true,
      rejectIfRedisNotReady: true,
      // Who is over the limit is refused here, without asking Redis for each refusal.
      inMemoryBlockOnConsumed: points + 1,
    });
    return new RLWrapperTimeouts({ limiter: shared, timeoutMs: redisTimeoutMs, insuranceLimiter: memory }) as never;
  };
  return new BurstyRateLimiter(limiter(rate, 1, 'rate'), limiter(rate * limits.burstSeconds, burstSeconds, 'burst'));
}

/** Tries for ever in the background; says once when Redis is away and once when it is back. */
function connectedRedis(url: string, log: Log): RedisClient {
  const redis: RedisClient = createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: reconnectMs, connectTimeout: reconnectMs },
  });
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log.warn({ error: error.message }, 'Redis is away; each gateway counts its rate limits for itself');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('Redis is back; rate limits are counted there again');
    away = false;
  });
  redis.connect().catch(() => undefined);
  return redis;
}
