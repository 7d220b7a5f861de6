/**
 * A plan on a test database, driven by the commands as a person would drive them, and what stands in the tables. Owns the
 * plan's file; the database belongs to `database.ts`.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

import { applyCommand, type ApplyOptions, type ApplyReport } from '../../src/commands/apply.js';
import { approveCommand, type ApproveReport } from '../../src/commands/approve.js';
import type { CommandResult } from '../../src/commands/command-result.js';
import { planCommand } from '../../src/commands/plan.js';
import { replayCommand, type ReplayReport } from '../../src/commands/replay.js';
import { rollbackCommand, type RollbackReport } from '../../src/commands/rollback.js';
import { verifyCommand, type VerifyReport } from '../../src/commands/verify.js';
import type { Observe } from '../../src/executor/run-event.js';
import type { Database } from '../../src/executor/session.js';
import type { PlanReport } from '../../src/report/plan-report.js';
import type { TestDatabase } from './database.js';

export interface PlanOnDatabase {
  readonly name: string;
  readonly file: string;
  readonly plan: () => Promise<CommandResult<PlanReport>>;
  readonly apply: (more?: Partial<ApplyOptions>) => Promise<CommandResult<ApplyReport>>;
  readonly approve: (gate: string) => Promise<CommandResult<ApproveReport>>;
  readonly verify: () => Promise<CommandResult<VerifyReport>>;
  readonly replay: () => Promise<CommandResult<ReplayReport>>;
  readonly rollback: (more?: {
    readonly onlyShow?: boolean;
    readonly acceptDrift?: boolean;
    readonly acceptRecorded?: boolean;
    readonly ignoreThrottle?: readonly string[];
    readonly observe?: Observe;
    readonly stop?: AbortSignal;
  }) => Promise<CommandResult<RollbackReport>>;
}

/** As a plan has it, without `lockstep: 1`; a text is taken as it is. */
export type PlanContent = string | (Readonly<Record<string, unknown>> & { readonly name: string });

/** JSON is YAML: an object needs no quoting by hand, whatever its names and values hold. */
export function planOn(
  database: Database,
  content: PlanContent,
  set: Readonly<Record<string, string>> = {},
): PlanOnDatabase {
  const text = typeof content === 'string' ? content : JSON.stringify({ lockstep: 1, ...content }, null, 2);
  const name = typeof content === 'string' ? /^name: *(\S+)/m.exec(content)![1]! : content.name;
  const file = join(folder, `${++files}.yaml`);
  writeFileSync(file, text);
  return planAt(database, file, name, set);
}

/** A plan where it stands, with the files beside it. */
export function planAt(
  database: Database,
  file: string,
  name: string,
  set: Readonly<Record<string, string>> = {},
): PlanOnDatabase {
  const input = { file, set, env: {}, database };
  const agree = (): Promise<boolean> => Promise.resolve(true);
  const run = { observe: () => undefined, stop: new AbortController().signal, agree };
  return {
    name,
    file,
    plan: () => planCommand(input),
    apply: (more) => applyCommand({ ...input, ...run, ...more }),
    approve: (gate) => approveCommand({ database, run: name, argument: file, gate, comment: null }),
    verify: () => verifyCommand({ ...input, onlySql: false }),
    replay: () => replayCommand({ database, run: name, ...run }),
    rollback: (more) => rollbackCommand({ database, run: name, argument: file, onlyShow: false, ...run, ...more }),
  };
}

const folder = mkdtempSync(join(inject('scratch'), 'plans-'));
let files = 0;

/** Every row of every table outside the journal, as the server prints it, by table. */
export async function rowsOf({
  query,
}: Pick<TestDatabase, 'query'>): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'lockstep') ORDER BY 1`,
  );
  const rows: Record<string, readonly string[]> = {};
  for (const { name } of tables) {
    const found = await query<{ row: string }>(
      `SELECT t::text AS row FROM ONLY ${name} AS t ORDER BY t::text COLLATE "C"`,
    );
    rows[name] = found.map(({ row }) => row);
  }
  return rows;
}

/** The lines of a result's problems, for a message that says what went wrong. */
export function told({ exit, diagnostics }: CommandResult<unknown>): string {
  return [`exit ${exit}`, ...diagnostics.map(({ code, detail, help }) => `${code} ${detail} → ${help ?? ''}`)].join(
    '\n',
  );
}
