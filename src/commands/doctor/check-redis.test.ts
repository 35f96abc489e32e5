import { expect, it } from 'vitest';
import { checkRedis } from './check-redis.ts';

it('tells that Redis is away, and ends', async () => {
  expect(await checkRedis('redis://127.0.0.1:1')).toMatchObject({
    level: 'warning',
    text: expect.stringMatching(/^Redis is away: .*RATE_LIMIT_REDIS_URL/) as string,
  });
});
