import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

const { projects: _, ...test } = base.test ?? {};

/** The pure tests in one project, because the mutation runner knows no more; each mutant runs those that reach it. */
export default defineConfig({
  ...base,
  root: resolve(import.meta.dirname, '../..'),
  test: {
    ...test,
    include: ['src/**/*.test.ts'],
    exclude: ['node_modules/**', 'src/**/*.*.test.ts', 'src/{client,config,commands,databases}/**'],
  },
});
