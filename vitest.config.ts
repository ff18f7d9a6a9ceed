import { defineConfig } from 'vitest/config';

const source = { conditions: ['@hearsay/source', 'node', 'import', 'default'] };

/** Sources are read without a build: packages resolve one another by the private `@hearsay/source` condition. */
export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
