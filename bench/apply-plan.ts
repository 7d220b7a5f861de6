/** Runs a plan as `lockstep apply` does: compiled, asked of the server, begun in the journal, walked to its end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { applyCommand } from '../src/commands/apply.js';
import type { BenchServer } from './bench-server.js';

/** `steps` is what follows the plan's name. Rejects where the plan does not end well: then there is nothing to measure. */
export async function applyPlan(server: BenchServer, name: string, text: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  try {
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, `lockstep: 1\nname: ${name}\n${text}`);
    const result = await applyCommand({
      file,
      set: {},
      env: {},
      database: server.database,
      observe: () => undefined,
      stop: new AbortController().signal,
      agree: () => Promise.resolve(true),
    });
    if (result.exit !== 0) throw new Error(`${name} ended with ${result.exit}: ${JSON.stringify(result.diagnostics)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
