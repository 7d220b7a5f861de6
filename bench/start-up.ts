/** How long the commands take that a person waits for. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { BenchServer } from './bench-server.js';
import { runProgram } from './processes.js';
import { spread, type Spread } from './spread.js';

export interface StartUp {
  readonly command: string;
  readonly targetMs: number;
  readonly ms: Spread;
}

const TIMES = 7;

export async function startUps(server: BenchServer): Promise<readonly StartUp[]> {
  await server.clean();
  for (let table = 1; table <= 500; table++)
    await server.run(
      `CREATE TABLE t${table} (id bigint PRIMARY KEY, name text NOT NULL, other bigint, at timestamptz)`,
    );
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  try {
    const plan = join(folder, 'thirty-steps.yaml');
    const steps = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0
        ? `  - { id: s${index}, ddl: "ALTER TABLE t${index + 1} ADD COLUMN extra text" }`
        : index % 3 === 1
          ? `  - { id: s${index}, backfill: { table: t${index}, set: { extra: "name || 'x'" } } }`
          : `  - { id: s${index}, verify: [{ no_nulls: { table: t${index - 1}, columns: [name] } }] }`,
    );
    await writeFile(plan, `lockstep: 1\nname: thirty-steps\nsteps:\n${steps.join('\n')}\n`);
    const timed = async (command: string, targetMs: number, args: readonly string[]): Promise<StartUp> => {
      await runProgram(args);
      const took: number[] = [];
      for (let time = 0; time < TIMES; time++) took.push((await runProgram(args)).ms);
      return { command, targetMs, ms: spread(took) };
    };
    return [
      await timed('lockstep --help', 150, ['--help']),
      await timed('lockstep validate, 30 steps', 300, ['validate', plan]),
      await timed('lockstep plan, 30 steps, 500 tables', 1_000, ['plan', plan, '--database-url', server.url]),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
