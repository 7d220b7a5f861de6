/**
 * `npm run oracle -- --seeds 1..50 --major 15 [--shrink]`: the Transparency oracle by hand. Flags become the environment that
 * test/faults/oracle/oracle-run.ts reads; one seed alone is shrunk to a script and printed.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..50' },
    major: { type: 'string', default: '18' },
    shrink: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    // A line for each seed, appended to the file.
    list: { type: 'string' },
  },
});

const file = values.major === '15' ? 'test/faults/oracle-15.test.ts' : 'test/faults/oracle.test.ts';
const shrink = values['no-shrink'] ? '0' : values.shrink ? '1' : '';
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'faults', file], {
  stdio: 'inherit',
  env: {
    ...process.env,
    LOCKSTEP_ORACLE_SEEDS: values.seeds,
    LOCKSTEP_ORACLE_SHRINK: shrink,
    LOCKSTEP_ORACLE_LIST: values.list ?? '',
  },
});
process.exit(status ?? 1);
