/** Whether a second process that joins a run makes it faster: one worker here, and one in the process that joins. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { BenchServer } from './bench-server.js';
import { copyPlan, tablesToCopy } from './fills.js';
import { runProgram } from './processes.js';

export interface Joined {
  readonly aloneMs: number;
  readonly joinedMs: number;
  readonly batches: number;
  readonly batchesOfSecond: number;
}

const LOOK_EVERY_MS = 50;

export async function joinedBy(server: BenchServer, rows: number): Promise<Joined> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  try {
    const plan = join(folder, 'copy.yaml');
    await writeFile(plan, `lockstep: 1\nname: copy\n${copyPlan(', workers: 1')}`);
    const database = ['--database-url', server.url];
    const apply = ['apply', plan, '--yes', ...database];
    await server.clean();
    await tablesToCopy(server, rows);
    const { ms: aloneMs } = await runProgram(apply);
    await server.clean();
    await tablesToCopy(server, rows);
    const first = runProgram(apply);
    const second = begun(server).then(() => runProgram(['work', 'copy', '--workers', '1', ...database]));
    const { ms: joinedMs } = await first;
    await second;
    const batches = await server.rows<{ count: string }>(
      'SELECT count(*) FROM lockstep.batch GROUP BY pid ORDER BY min(began_at)',
    );
    const counts = batches.map(({ count }) => Number(count));
    const all = counts.reduce((sum, count) => sum + count, 0);
    return { aloneMs, joinedMs, batches: all, batchesOfSecond: all - counts[0]! };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves when the run has ranges to join. */
async function begun(server: BenchServer): Promise<void> {
  for (;;) {
    const [found] = await server.rows<{ there: boolean }>(`SELECT to_regclass('lockstep.range') IS NOT NULL AS there`);
    if (found?.there === true) {
      const [ranges] = await server.rows<{ n: string }>('SELECT count(*) AS n FROM lockstep.range');
      if (Number(ranges?.n) > 0) return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
