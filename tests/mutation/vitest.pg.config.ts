import { defineConfig } from 'vitest/config';
import pure from './vitest.config.ts';

/** The tests that need PostgreSQL, for the code that is statements; each mutant costs seconds. */
export default defineConfig({
  ...pure,
  test: {
    ...pure.test,
    include: ['src/services/{audit,users}/*.pg.test.ts'],
    exclude: ['node_modules/**'],
    globalSetup: ['tests/support/global-setup.ts'],
  },
});
