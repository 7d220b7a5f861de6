/**
 * Measures what docs/benchmarks.md promises, on a server of its own, and writes that page. Ends with an error only where
 * something could not be measured: a target that is missed is a line of the table. Names of parts as arguments: these alone
 * are measured and shown, and the page stays as it is.
 */
import { cpus } from 'node:os';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { startBenchServer } from './bench-server.js';
import { cutovers } from './cutover.js';
import { fillComparisons, type FillComparison } from './fills.js';
import { joinedBy } from './joining.js';
import { keyComparisons } from './key-conversions.js';
import { memoryUse } from './memory.js';
import { mirroredWrites } from './mirrored-writes.js';
import { PARTS, renderPage, renderSections, type Measured } from './page.js';
import { sideBySide } from './side-by-side.js';
import { startUps } from './start-up.js';
import { latencies } from './traffic.js';
import { windowComparisons } from './window-fills.js';

const number = (name: string, fallback: number): number => Number(process.env[name] ?? '') || fallback;
const rows = number('LOCKSTEP_BENCH_ROWS', 2_000_000);
const rounds = number('LOCKSTEP_BENCH_ROUNDS', 3);
const page = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const asked = process.argv.slice(2);
const unknown = asked.filter((part) => !PARTS.includes(part));
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: not one of ${PARTS.join(', ')}`);

const server = await startBenchServer();
/** In the order in which they are measured. */
const measurements: { readonly [Part in keyof Measured]: () => Promise<Measured[Part]> } = {
  fills: () => compared([...fillComparisons(rows), ...windowComparisons(rows)]),
  keys: () => compared(keyComparisons(rows)),
  joining: () => joinedBy(server, rows),
  memory: () => memoryUse(server, [Math.round(rows / 20), Math.round(rows * 2.5)]),
  traffic: () => latencies(server, Math.round(rows / 4)),
  mirrored: () => mirroredWrites(server, Math.round(rows / 4), rounds),
  cutovers: () => cutovers(server, rows, rounds),
  commands: () => startUps(server),
};

async function compared(comparisons: readonly FillComparison[]): Promise<Measured['fills']> {
  const results: Measured['fills'][number][] = [];
  for (const comparison of comparisons) {
    say(`${comparison.name}: ${comparison.ours.how} against ${comparison.theirs.how}`);
    results.push({ comparison, result: await sideBySide(server, comparison, rounds) });
  }
  return results;
}

async function measure<Part extends keyof Measured>(part: Part): Promise<Pick<Measured, Part>> {
  say(part);
  return { [part]: await measurements[part]() } as Pick<Measured, Part>;
}

try {
  const machine = `${cpus().length} processors, Node ${process.versions.node}, PostgreSQL ${server.version}`;
  let measured: Partial<Measured> = {};
  for (const part of Object.keys(measurements) as (keyof Measured)[])
    if (asked.length === 0 || asked.includes(part)) measured = { ...measured, ...(await measure(part)) };
  if (asked.length > 0) {
    process.stdout.write(`${renderSections(measured)}\n`);
  } else {
    await writeFile(page, renderPage({ machine, rows, rounds }, measured as Measured));
    say('written: docs/benchmarks.md');
  }
} finally {
  await server.remove();
}
