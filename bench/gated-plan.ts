/** A plan that is run from gate to gate, with something measured between them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { applyCommand } from '../src/commands/apply.js';
import { approveCommand } from '../src/commands/approve.js';
import { EXIT } from '../src/commands/command-result.js';
import { PgDatabase } from '../src/postgres/pg-database.js';

/** So often it is asked again for locks that others did not let go of. */
const MOST_BLOCKED = 10;

export interface GatedPlan {
  /** To the first gate. */
  begin(): Promise<void>;
  /** Opens the gate, and goes on to the next one or to the end. */
  pass(gate: string): Promise<void>;
  remove(): Promise<void>;
}

/** Over connections of its own, to `url`. Every method rejects where the plan did not get so far. */
export async function gatedPlan(url: string, name: string, text: string): Promise<GatedPlan> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, `lockstep: 1\nname: ${name}\n${text}`);
  const database = new PgDatabase({ url });
  const goOn = async (blocked = 0): Promise<void> => {
    const { report, diagnostics } = await applyCommand({
      file,
      set: {},
      env: {},
      database,
      observe: () => undefined,
      stop: new AbortController().signal,
      agree: () => Promise.resolve(true),
    });
    // As its message says: nothing has changed, and the same command tries again.
    if (report?.outcome === 'blocked' && blocked < MOST_BLOCKED) return goOn(blocked + 1);
    if (report?.outcome !== 'waiting' && report?.outcome !== 'done') {
      const why = report?.run.operations.filter(({ state }) => state === 'failed' || state === 'blocked');
      throw new Error(`${name} ended ${report?.outcome ?? 'early'}: ${JSON.stringify(why ?? diagnostics)}`);
    }
  };
  return {
    begin: () => goOn(),
    async pass(gate) {
      const { exit, diagnostics } = await approveCommand({ database, run: name, argument: file, gate, comment: null });
      if (exit !== EXIT.done) throw new Error(`${gate} was not opened: ${JSON.stringify(diagnostics)}`);
      await goOn();
    },
    async remove() {
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
