/** The memory of the process that copies few rows, and of the one that copies many. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { BenchServer } from './bench-server.js';
import { copyPlan, tablesToCopy } from './fills.js';
import { runProgram } from './processes.js';

export interface MemoryUse {
  readonly rows: number;
  /** Null where the system does not say. */
  readonly peakMegabytes: number | null;
}

export async function memoryUse(server: BenchServer, sizes: readonly number[]): Promise<readonly MemoryUse[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  try {
    const plan = join(folder, 'copy.yaml');
    await writeFile(plan, `lockstep: 1\nname: copy\n${copyPlan()}`);
    const uses: MemoryUse[] = [];
    for (const rows of sizes) {
      await server.clean();
      await tablesToCopy(server, rows);
      const { peakMegabytes } = await runProgram(['apply', plan, '--yes', '--database-url', server.url]);
      uses.push({ rows, peakMegabytes });
    }
    return uses;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
