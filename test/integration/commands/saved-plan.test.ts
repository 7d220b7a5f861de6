/** Saved plans: what was approved is what runs, or nothing does. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyCommand, type ApplyOptions } from '../../../src/commands/apply.js';
import { planCommand } from '../../../src/commands/plan.js';
import { rollbackCommand } from '../../../src/commands/rollback.js';
import { showCommand } from '../../../src/commands/show.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';

const PLAN = `lockstep: 1
name: saved
params:
  suffix: { type: string, default: '!' }
steps:
  - id: fill
    backfill: { table: notes, set: { body: "body || {{ suffix }}" } }
`;

describe.each(ON_NEW)('a saved plan on server %i', (major) => {
  let db: TestDatabase;
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const input = (name: string, set: Readonly<Record<string, string>> = {}): Omit<ApplyOptions, 'agree'> => ({
    file: at(name),
    set,
    env: {},
    database: db.database,
    stop: new AbortController().signal,
    observe: () => undefined,
  });
  const apply = (options: Partial<ApplyOptions> & { file: string }): ReturnType<typeof applyCommand> =>
    applyCommand({ ...input('x'), agree: () => Promise.resolve(true), ...options });

  beforeAll(async () => {
    db = await testDatabase({ major });
    folder = await mkdtemp(join(tmpdir(), 'saved-plan-'));
    await writeFile(at('plan.yaml'), PLAN);
    await db.query(
      `CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes SELECT g, 'n' FROM generate_series(1, 10) g`,
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has the same bytes when it is saved twice', async () => {
    await planCommand({ ...input('plan.yaml'), out: at('a.json') });
    await planCommand({ ...input('plan.yaml'), out: at('b.json') });
    expect(await readFile(at('a.json'), 'utf8')).toBe(await readFile(at('b.json'), 'utf8'));
  });

  it('is shown without a database', async () => {
    const shown = await showCommand({ ...input('a.json'), database: null });
    expect(shown.exit).toBe(0);
    expect(shown.report?.steps.map((step) => step.id)).toEqual(['fill']);
  });

  it('is refused with the difference when the catalog has changed, and nothing is changed', async () => {
    await db.query('ALTER TABLE notes ADD COLUMN extra int');
    const stale = await showCommand({ ...input('a.json'), database: db.database });
    expect(stale.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['LS9021', 'warning']]);
    const refused = await apply({ file: at('a.json') });
    expect(refused.exit).toBe(5);
    expect(refused.diagnostics[0]?.detail).toContain('public.notes.extra');
    expect(await db.value(`SELECT to_regclass('lockstep.run') IS NULL`)).toBe(true);
    expect(await db.value(`SELECT count(*) FROM notes WHERE body <> 'n'`)).toBe('0');
  });

  it('is refused when its digest is not the expected one, and when it was edited', async () => {
    const other = await apply({ file: at('plan.yaml'), expectDigest: 'ls1:00' });
    expect([other.exit, other.diagnostics[0]?.code]).toEqual([5, 'LS9021']);
    const text = await readFile(at('a.json'), 'utf8');
    await writeFile(at('edited.json'), text.replace('"workers":2', '"workers":64'));
    const edited = await apply({ file: at('edited.json') });
    expect([edited.exit, edited.diagnostics[0]?.code]).toEqual([5, 'LS9020']);
  });

  it('runs exactly as saved, with the values that were saved, and is taken back', async () => {
    const saved = await planCommand({ ...input('plan.yaml', { suffix: '?' }), out: at('c.json') });
    const digest = saved.report!.digest;
    const done = await apply({ file: at('c.json'), expectDigest: digest });
    expect([done.exit, done.report?.outcome]).toEqual([0, 'done']);
    expect(await db.value(`SELECT count(*) FROM notes WHERE body = 'n?'`)).toBe('10');
    const again = await apply({ file: at('c.json') });
    expect(again.report?.outcome).toBe('nothing to do');
    const back = await rollbackCommand({
      ...input('c.json'),
      run: 'saved',
      argument: 'saved',
      onlyShow: false,
      agree: () => Promise.resolve(true),
    });
    expect([back.exit, back.report?.drift]).toEqual([0, []]);
    expect(await db.value(`SELECT count(*) FROM notes WHERE body = 'n'`)).toBe('10');
  });
});
