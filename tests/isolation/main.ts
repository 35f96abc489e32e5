import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { breaks } from './breaks.ts';

/**
 * npm run isolation -- --cases 10000 --seed 1     as long as you like
 * npm run isolation -- --teeth                    with each break of breaks.ts; says which ones were not found
 */
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    teeth: { type: 'boolean', default: false },
  },
});

function run(env: Record<string, string>, quiet: boolean): boolean {
  const { status, stdout } = spawnSync('vitest', ['run', '--project', 'isolation'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'ignore' : 'inherit'],
  });
  // A run that could not even start has found nothing.
  return status === 0 || (quiet && !String(stdout).includes('AssertionError'));
}

if (values.teeth) {
  const missed = Object.keys(breaks).filter((name) => {
    const passed = run({ ISOLATION_CASES: '600', ISOLATION_SEED: values.seed, ISOLATION_BREAK: name }, true);
    process.stdout.write(`${passed ? 'NOT FOUND' : 'found    '}  ${name}\n`);
    return passed;
  });
  process.exitCode = missed.length;
} else {
  process.exitCode = run({ ISOLATION_CASES: values.cases, ISOLATION_SEED: values.seed }, false) ? 0 : 1;
}
