/** The commands of a run as functions, for plans that a test writes, and with the parts that a wrong design replaces. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

import { applyCommand, type ApplyOptions, type ApplyReport } from '../../../src/commands/apply.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { compileForDatabase } from '../../../src/commands/compile-for-database.js';
import { openPlan } from '../../../src/commands/open-plan.js';
import { rollbackCommand, type RollbackReport } from '../../../src/commands/rollback.js';
import type { Database } from '../../../src/executor/session.js';
import { canonicalJson } from '../../../src/kernel/digest.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { beginRun } from '../../../src/postgres/journal/runs.js';

export interface WrittenPlan {
  readonly file: string;
  readonly name: string;
}

/** `text` is what follows the plan's name. */
export async function writePlan(name: string, text: string): Promise<WrittenPlan> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-faults-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, `lockstep: 1\nname: ${name}\n${text}`);
  return { file, name };
}

export type Replaced = Partial<Pick<ApplyOptions, 'journal' | 'observe' | 'stop' | 'resolve'>>;

export function apply(
  plan: WrittenPlan,
  database: Database,
  replaced: Replaced = {},
): Promise<CommandResult<ApplyReport>> {
  return applyCommand({ ...defaults(database), ...replaced, file: plan.file, set: {}, env: {} });
}

export function rollback(
  plan: WrittenPlan,
  database: Database,
  replaced: Replaced = {},
): Promise<CommandResult<RollbackReport>> {
  const named = { run: plan.name, argument: plan.file, onlyShow: false };
  return rollbackCommand({ ...defaults(database), ...replaced, ...named });
}

function defaults(database: Database) {
  return {
    database,
    observe: () => undefined,
    stop: new AbortController().signal,
    agree: () => Promise.resolve(true),
  };
}

/** As a person on call does: the same command again until it ends well, at most `turns` times. Returns the exits. */
export async function untilDone(
  turn: () => Promise<CommandResult<unknown>>,
  turns: number,
): Promise<readonly CommandResult<unknown>[]> {
  const results: CommandResult<unknown>[] = [];
  while (results.length < turns && results.at(-1)?.exit !== 0) results.push(await turn());
  return results;
}

/** Begins a run whose stored graph was changed; `apply` then goes on with exactly that graph. */
export async function beginWith(
  plan: WrittenPlan,
  database: Database,
  change: (graph: OperationGraph) => OperationGraph,
): Promise<void> {
  const opened = await openPlan({ file: plan.file, set: {}, env: {} });
  if (!opened.ok) throw new Error(canonicalJson(opened.diagnostics));
  const { compiled, definitions, diagnostics } = await compileForDatabase(opened.value, database);
  if (compiled === undefined) throw new Error(canonicalJson(diagnostics));
  await database.withSession((session) => migrate(session));
  await database.transaction((session) =>
    beginRun(session, {
      graph: change(compiled.graph),
      sourceDigest: opened.value.sourceDigest,
      params: opened.value.params,
      fingerprintBefore: canonicalJson(definitions),
      executor: 'a test',
    }),
  );
}
