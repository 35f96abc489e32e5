import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

/** The suites of other people, in a run of their own: they need the packages of this folder. */
export default defineConfig({
  ...base,
  root: resolve(import.meta.dirname, '../..'),
  test: {
    ...base.test,
    projects: [
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['tests/conformance/*.conformance.test.ts'],
          globalSetup: ['tests/support/global-setup.ts'],
        },
      },
    ],
  },
});
