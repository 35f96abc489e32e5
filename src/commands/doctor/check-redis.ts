import { createClient } from 'redis';
import { ok, warning, type Finding } from './finding.ts';
import { reasonOf } from '../reason-of.ts';

const about = 'rate limits';
const patienceMs = 3000;

/** Whether Redis is there, in which gateways count together. */
export async function checkRedis(url: string): Promise<Finding> {
  const redis = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: patienceMs } });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return ok(about, 'are counted in Redis');
  } catch (error) {
    return warning(
      about,
      `Redis is away: ${reasonOf(error)}. Each gateway counts for itself until RATE_LIMIT_REDIS_URL leads to one that runs.`,
    );
  } finally {
    redis.destroy();
  }
}
