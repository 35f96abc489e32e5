import { defineConfig } from 'vitest/config';
import { broken } from './tests/isolation/broken.ts';

const neverTests = ['**/node_modules/**', 'dist/**'];
/** Starts one PostgreSQL for the whole run; the kinds that need none never wait for it. */
const withPostgres = { globalSetup: ['tests/support/global-setup.ts'] };

export default defineConfig({
  // The graphql package has a CommonJS and an ES module build; two copies in one process refuse each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  plugins: broken(process.env['ISOLATION_BREAK']),
  // type-graphql's decorators are TypeScript's older kind. All types are written out, so no metadata is emitted.
  oxc: { decorator: { legacy: true } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The file name says the kind: x.test.ts is pure, x.pg.test.ts needs PostgreSQL, x.e2e.test.ts drives the program,
    // x.fuzz.test.ts makes up its input, x.chaos.test.ts breaks what the program stands on.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [...neverTests, '**/*.*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'pg',
          include: ['src/**/*.pg.test.ts', 'tests/**/*.pg.test.ts'],
          exclude: neverTests,
          ...withPostgres,
        },
      },
      {
        extends: true,
        test: { name: 'e2e', include: ['tests/e2e/**/*.e2e.test.ts'], exclude: neverTests, ...withPostgres },
      },
      {
        extends: true,
        test: { name: 'fuzz', include: ['tests/fuzz/**/*.fuzz.test.ts'], exclude: neverTests, ...withPostgres },
      },
      {
        extends: true,
        test: {
          name: 'isolation',
          include: ['tests/isolation/**/*.isolation.test.ts'],
          exclude: neverTests,
          ...withPostgres,
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: ['tests/chaos/**/*.chaos.test.ts'],
          exclude: neverTests,
          // Each has servers of its own and kills them; alone on the machine, after the others.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
