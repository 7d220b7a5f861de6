// Writes the goldens: the catalogs in test/goldens/catalogs, on a server that the tests find or start, and then the graphs and the
// SQL, which are compiled against them. `npm run goldens -- --without-server` leaves the catalogs as they are. The tests that compare
// them write them, so that there is one way to make each.
import { spawnSync } from 'node:child_process';

const known = ['--without-server'];
const unknown = process.argv.slice(2).filter((argument) => !known.includes(argument));
if (unknown.length > 0) {
  console.error(`goldens: ${unknown.join(' ')} is not known; there is ${known.join(', ')}`);
  process.exit(2);
}

const catalogs = ['--project', 'integration', 'test/integration/golden-catalogs.test.ts'];
const graphs = ['--project', 'unit', 'test/unit/goldens.test.ts'];
for (const files of process.argv.includes('--without-server') ? [graphs] : [catalogs, graphs]) {
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...files], {
    stdio: 'inherit',
    env: { ...process.env, WRITE_GOLDENS: '1' },
  });
  if (status !== 0) process.exit(status ?? 1);
}
spawnSync('git', ['status', '--short', '--', 'test/goldens'], { stdio: 'inherit' });
