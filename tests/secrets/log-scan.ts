import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * npm run secrets: the e2e suite with all gateways logging at debug into one file, which is then searched for what must
 * not be there. The words are those of tests/support/world.ts and of the suite itself.
 */
const canaries: Readonly<Record<string, RegExp>> = {
  'a token': /eyJ[\w-]{10,}\.[\w-]{10,}/,
  'the internal key': /test-internal-key/,
  'a hash': /secret-of-anna|secret-hash-of-client|hash-of-token|\$2[aby]\$/,
  'a connection string': /postgres(ql)?(\+asyncpg)?:\/\/[^\s"]*:[^\s"]*@/,
  'a password of a role': /"password":"(?!\*\*\*)/,
  'a message':
    /Find flights|Kazan office|Kazan for acme|Kazan of nobody|Kazan deleted|Рейсы|What is the weather|Still there\?/,
  'an e-mail address': /[\w.-]+@(example\.org|acme\.example)/,
};

const folder = mkdtempSync(join(tmpdir(), 'scrollback-secrets-'));
const file = join(folder, 'log');
try {
  const { status } = spawnSync('vitest', ['run', '--project', 'e2e', ...process.argv.slice(2)], {
    env: { ...process.env, TEST_LOG_FILE: file },
    stdio: 'inherit',
  });
  const hits = new Map<string, number>();
  let lines = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    lines += 1;
    for (const [name, pattern] of Object.entries(canaries)) {
      if (!pattern.test(line)) continue;
      if (!hits.has(name)) process.stdout.write(`${name}: ${line.slice(0, 500)}\n`);
      hits.set(name, (hits.get(name) ?? 0) + 1);
    }
  }
  process.stdout.write(`${lines} lines of log, hits: ${JSON.stringify(Object.fromEntries(hits))}\n`);
  // An empty log would prove nothing.
  process.exitCode = status === 0 && lines > 100 && hits.size === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
