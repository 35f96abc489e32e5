import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

// npm run fuzz -- --minutes 30 [--seed 7]

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } } });
const seed = values.seed === undefined ? {} : { FUZZ_SEED: values.seed };
const { status } = spawnSync('vitest', ['run', '--project', 'fuzz'], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_MINUTES: values.minutes, ...seed },
});
process.exitCode = status ?? 1;
