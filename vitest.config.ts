import { defineConfig } from 'vitest/config';

/**
 * The files of a worker share the modules that they import: five hundred of them, a grammar in WebAssembly, the compiled schema
 * of plans. Nothing in src keeps a state between calls, and a test that changes a global puts it back. A project does not
 * inherit this.
 */
const SHARED = { isolate: false };

const onServers = {
  ...SHARED,
  globalSetup: ['test/support/server-setup.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // One database per file on a shared server: more files at once only wait for each other.
  maxWorkers: 2,
};

// The groups run one after the other; vitest asks for it where they differ in workers.
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          ...SHARED,
          include: ['test/unit/**/*.test.ts', 'test/guards/**/*.test.ts'],
          maxWorkers: '100%',
          setupFiles: ['test/support/property-seed.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          ...onServers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          ...onServers,
          testTimeout: process.env['LOCKSTEP_FAULTS_ALL'] === '1' ? 5_400_000 : 900_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
