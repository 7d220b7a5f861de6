/** One plan for several targets, run: going on, going back and saved plans keep to the target that they were made for. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyCommand, type ApplyReport } from '../../../src/commands/apply.js';
import { approveCommand } from '../../../src/commands/approve.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { planCommand } from '../../../src/commands/plan.js';
import { rollbackCommand } from '../../../src/commands/rollback.js';
import { validateCommand } from '../../../src/commands/validate.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

const PLAN = `lockstep: 1
name: by-target
steps:
  - id: mark
    only: [prod, stage]
    sql: { up: COMMENT ON TABLE notes IS 'marked', down: COMMENT ON TABLE notes IS NULL }
  - id: sign-off
    only: [prod]
    gate: { approval: dba }
  - id: proof
    needs: [sign-off]
    only: [prod, stage]
    verify: [{ row_count: { table: notes, is: 0 } }]
`;

let db: TestDatabase;
let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  db = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'targets-'));
  await writeFile(at('plan.yaml'), PLAN);
  await db.query('CREATE TABLE notes (id int PRIMARY KEY)');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const known = ['prod', 'stage', 'dev'];
const inputFor = (chosen: string | null, name = 'plan.yaml') => ({
  ...{ file: at(name), set: {}, env: {}, targets: { known, chosen }, database: db.database },
});
const run = {
  stop: new AbortController().signal,
  observe: () => undefined,
  agree: () => Promise.resolve(true),
};
const apply = (target: string | null, name?: string): Promise<CommandResult<ApplyReport>> =>
  applyCommand({ ...inputFor(target, name), ...run });
const rollback = (target: string | null) =>
  rollbackCommand({ ...run, database: db.database, run: 'by-target', argument: 'by-target', onlyShow: false, target });

function seen({ exit, diagnostics }: CommandResult<unknown>): readonly unknown[] {
  return [exit, ...diagnostics.map(({ code }) => code)];
}

describe('a plan with `only`', () => {
  it('is two plans for two targets, and none without one', async () => {
    const [prod, stage] = [await planCommand(inputFor('prod')), await planCommand(inputFor('stage'))];
    expect(prod.report?.steps.map(({ id }) => id)).toEqual(['mark', 'sign-off', 'proof']);
    expect(stage.report?.steps.map(({ id }) => id)).toEqual(['mark', 'proof']);
    expect([prod.report?.target, stage.report?.target]).toEqual(['prod', 'stage']);
    expect(prod.report?.digest).not.toBe(stage.report?.digest);
    const without = await planCommand(inputFor(null));
    expect(seen(without)).toEqual([64, 'LS9022']);
    expect(without.diagnostics[0]?.help).toContain('prod, stage, dev');
    expect(seen(await validateCommand({ ...inputFor(null), files: [at('plan.yaml')] }))).toEqual([0]);
  });

  it('is refused where no targets are configured, by validate too', async () => {
    const input = { ...inputFor(null), targets: { known: [], chosen: null } };
    for (const refused of [await planCommand(input), await validateCommand({ ...input, files: [at('plan.yaml')] })])
      expect(seen(refused)).toEqual([3, 'LS1405', 'LS1405', 'LS1405', 'LS1405', 'LS1405']);
  });

  it('has nothing to do for a target that no step is for, and writes nothing', async () => {
    const planned = await planCommand(inputFor('dev'));
    expect([...seen(planned), planned.report?.steps]).toEqual([0, 'LS8006', []]);
    expect([...seen(await apply('dev')), (await apply('dev')).report]).toEqual([0, 'LS8006', null]);
    expect(await db.value(`SELECT to_regnamespace('lockstep') IS NULL`)).toBe(true);
  });

  it('keeps its target when it is saved', async () => {
    await planCommand({ ...inputFor('stage'), out: at('stage.json') });
    expect(seen(await apply('prod', 'stage.json'))).toEqual([5, 'LS9023']);
    expect((await planCommand(inputFor(null, 'stage.json'))).report?.target).toBe('stage');
    expect(await db.value(`SELECT to_regnamespace('lockstep') IS NULL`)).toBe(true);
  });

  it('goes on, is approved and taken back for the target that it was begun for, and for no other', async () => {
    expect(seen(await apply('prod'))).toEqual([6]);
    expect(seen(await apply('stage'))).toEqual([5, 'LS9023']);
    expect(seen(await apply(null, 'stage.json'))).toEqual([5, 'LS9023']);
    const gate = { database: db.database, run: 'by-target', argument: 'by-target', gate: 'sign-off', comment: null };
    expect(seen(await approveCommand({ ...gate, target: 'stage' }))).toEqual([5, 'LS9023']);
    expect(seen(await approveCommand({ ...gate, target: 'prod' }))).toEqual([0]);
    const done = await apply('prod');
    expect([done.exit, done.report?.outcome]).toEqual([0, 'done']);
    expect(seen(await apply('stage'))).toEqual([5, 'LS9023']);
    expect((await apply('prod')).report?.outcome).toBe('nothing to do');
    expect(seen(await rollback('stage'))).toEqual([5, 'LS9023']);
    expect(seen(await rollback(null))).toEqual([0]);
    // Afterwards the database is as it was, and the plan may be run for whatever it is.
    expect((await apply(null, 'stage.json')).report?.outcome).toBe('done');
  });
});
