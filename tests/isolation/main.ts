import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { breaks } from './breaks.ts';

/**
 * npm run isolation -- --cases 10000 --seed 1     as long as you like
 * npm run isolation -- --teeth [name …]           with each break of breaks.ts, or these; says which ones were not found
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string' },
    seed: { type: 'string', default: '1' },
    teeth: { type: 'boolean', default: false },
  },
});

type Result = 'passed' | 'failed' | 'could not run';

function run(env: Record<string, string>, quiet: boolean): Result {
  const { error, status, stderr } = spawnSync('vitest', ['run', '--project', 'isolation'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', quiet ? 'pipe' : 'inherit'],
  });
  if (error !== undefined) throw error;
  if (status === 0) return 'passed';
  return quiet && !String(stderr).includes('AssertionError') ? 'could not run' : 'failed';
}

if (values.teeth) {
  const missed = (positionals.length > 0 ? positionals : Object.keys(breaks)).filter((name) => {
    const result = run(
      { ISOLATION_CASES: values.cases ?? '1000', ISOLATION_SEED: values.seed, ISOLATION_BREAK: name },
      true,
    );
    process.stdout.write(`${result === 'failed' ? 'found' : result === 'passed' ? 'NOT FOUND' : result}: ${name}\n`);
    return result !== 'failed';
  });
  process.exitCode = missed.length;
} else {
  process.exitCode =
    run({ ISOLATION_CASES: values.cases ?? '10000', ISOLATION_SEED: values.seed }, false) === 'passed' ? 0 : 1;
}
