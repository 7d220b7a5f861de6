/**
 * Measures what docs/benchmarks.md promises, on a server of its own, and writes that page. Ends with an error only where
 * something could not be measured: a target that is missed is a line of the table.
 */
import { cpus } from 'node:os';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { startBenchServer } from './bench-server.js';
import { fillComparisons } from './fills.js';
import { joinedBy } from './joining.js';
import { memoryUse } from './memory.js';
import { renderPage, type Measured } from './page.js';
import { sideBySide } from './side-by-side.js';
import { startUps } from './start-up.js';
import { latencies } from './traffic.js';

const number = (name: string, fallback: number): number => Number(process.env[name] ?? '') || fallback;
const rows = number('LOCKSTEP_BENCH_ROWS', 2_000_000);
const rounds = number('LOCKSTEP_BENCH_ROUNDS', 3);
const page = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const server = await startBenchServer();
try {
  const fills: Measured['fills'][number][] = [];
  for (const comparison of fillComparisons(rows)) {
    say(`${comparison.name}: ${comparison.ours.how} against ${comparison.theirs.how}`);
    fills.push({ comparison, result: await sideBySide(server, comparison, rounds) });
  }
  say('a second process joins');
  const joining = await joinedBy(server, rows);
  say('memory');
  const memory = await memoryUse(server, [Math.round(rows / 20), Math.round(rows * 2.5)]);
  say('an application beside a backfill');
  const traffic = await latencies(server, Math.round(rows / 4));
  say('commands');
  const commands = await startUps(server);
  const measured: Measured = {
    machine: `${cpus().length} processors, Node ${process.versions.node}, PostgreSQL ${server.version}`,
    rows,
    rounds,
    fills,
    joining,
    memory,
    traffic,
    commands,
  };
  await writeFile(page, renderPage(measured));
  say(`written: docs/benchmarks.md`);
} finally {
  await server.remove();
}
