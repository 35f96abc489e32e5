import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

/**
 * Runs for minutes what CI runs for seconds.
 * node scripts/run-long.mjs fuzz|churn --minutes 30 [--seed 7]
 */
const tests = { fuzz: ['--project', 'fuzz'], churn: ['--project', 'e2e', 'tests/e2e/churn'] };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
});
const [kind] = positionals;
const name = kind.toUpperCase();
const seed = values.seed === undefined ? {} : { [`${name}_SEED`]: values.seed };
const { status } = spawnSync('vitest', ['run', ...tests[kind]], {
  stdio: 'inherit',
  env: { ...process.env, [`${name}_MINUTES`]: values.minutes, ...seed },
});
process.exitCode = status ?? 1;
