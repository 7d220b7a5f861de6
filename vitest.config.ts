import { defineConfig } from 'vitest/config';

const integration = {
  globalSetup: ['test/support/server-setup.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  maxWorkers: 2,
};

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/guards/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...integration } },
      { test: { name: 'faults', include: ['test/faults/**/*.test.ts'], ...integration, testTimeout: 900_000 } },
    ],
  },
});
