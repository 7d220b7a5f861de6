/** Plans compiled for a file of definitions: the same digest as on a database that has them, and nothing left behind. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyCommand, type ApplyReport } from '../../../src/commands/apply.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { planCommand, planForSchemaCommand } from '../../../src/commands/plan.js';
import { showCommand } from '../../../src/commands/show.js';
import type { PlanReport } from '../../../src/report/plan-report.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

const ROLE = `Lockstep "schema" test ${process.pid}`;
const OWNER = `"${ROLE.replaceAll('"', '""')}"`;

const PLAN = `lockstep: 1
name: for-a-schema
mappings:
  bodies: { from: notes, to: bodies, columns: { note_id: id, body: body } }
steps:
  - id: fill
    backfill: { mappings: [bodies] }
  - id: mark
    sql: { up: COMMENT ON TABLE notes IS 'copied', down: COMMENT ON TABLE notes IS NULL }
  - id: shape
    ddl: |
      ALTER TABLE notes ADD COLUMN kind text;
      CREATE INDEX notes_kind ON notes (kind);
      ALTER TABLE notes ALTER COLUMN body SET DEFAULT 'y';
  - id: proof
    verify: [{ in_sync: [bodies] }]
`;

/** As pg_dump writes it: metacommands, an empty search path, constraints for themselves, a body that looks like psql. */
const definitions = (major: number): string => `-- Dumped from database version ${major}.1 (Debian ${major}.1-1)

\\restrict k3y

SET statement_timeout = 0;
SET check_function_bodies = false;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $_$
BEGIN
  NEW.body := '
\\i is text here
';
  RETURN NEW;
END;
$_$;
CREATE TABLE public.notes (id integer NOT NULL, body text DEFAULT 'x'::text);
ALTER TABLE public.notes OWNER TO ${OWNER};
GRANT SELECT ON TABLE public.notes TO ${OWNER};
CREATE TABLE public.bodies (note_id integer NOT NULL, body text);
ALTER TABLE public.bodies OWNER TO ${OWNER};
ALTER TABLE ONLY public.notes ADD CONSTRAINT notes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.bodies ADD CONSTRAINT bodies_pkey PRIMARY KEY (note_id);
ALTER TABLE ONLY public.bodies ADD CONSTRAINT bodies_note_fkey FOREIGN KEY (note_id) REFERENCES public.notes(id);

\\unrestrict k3y
`;

let folder: string;
const at = (name: string): string => join(folder, name);
const said: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-schema-'));
  await writeFile(at('plan.yaml'), PLAN);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const input = { set: {}, env: {} };
async function planFor(schema: string, out?: string): Promise<CommandResult<PlanReport>> {
  await writeFile(at('schema.sql'), schema);
  const saved = out === undefined ? {} : { out: at(out) };
  const tell = (line: string): void => void said.push(line);
  return planForSchemaCommand({ ...input, file: at('plan.yaml'), schemaFile: at('schema.sql'), tell, ...saved });
}

describe.each([18, 15])('a plan for a schema file, on server %i', (major) => {
  let db: TestDatabase;
  const apply = (): Promise<CommandResult<ApplyReport>> =>
    applyCommand({
      ...{ ...input, file: at('saved.json'), database: db.database, stop: new AbortController().signal },
      ...{ observe: () => undefined, agree: () => Promise.resolve(true) },
    });

  beforeAll(async () => {
    db = await testDatabase({ major });
    // A superuser, so that the one who runs the plans here writes nobody's tables who may do less.
    await db.query(`CREATE ROLE ${OWNER} NOLOGIN SUPERUSER`);
    await db.query(definitions(major).replaceAll(/^\\(?:un)?restrict.*$/gm, ''));
  });
  afterAll(async () => {
    await db.query(`DROP OWNED BY ${OWNER} CASCADE`);
    await db.query(`DROP ROLE ${OWNER}`);
  });

  it('has the digest that it has on a database with the same definitions', async () => {
    const fromFile = await planFor(definitions(major), 'saved.json');
    expect(fromFile.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['LS9025', 'warning']]);
    expect(fromFile.report?.server).toMatchObject({ schemaFile: at('schema.sql') });
    expect(fromFile.report?.server?.version).toMatch(new RegExp(`^${major}\\.`));
    const fromDatabase = await planCommand({ ...input, file: at('plan.yaml'), database: db.database });
    expect(fromFile.report?.digest).toBe(fromDatabase.report?.digest);
    expect(fromFile.report?.steps.map(({ rows }) => rows)).toEqual([null, null, null, null]);
    expect(said.join('\n')).toContain(`Role ${ROLE} was missing`);
  });

  it('is saved, shown, refused where the definitions differ, with the difference, and run where they do not', async () => {
    expect(JSON.parse(await readFile(at('saved.json'), 'utf8'))).toMatchObject({
      server: { schemaFile: at('schema.sql') },
    });
    expect((await showCommand({ ...input, file: at('saved.json'), database: null })).report?.server?.schemaFile).toBe(
      at('schema.sql'),
    );
    await db.query('ALTER TABLE bodies ALTER body SET NOT NULL');
    const refused = await apply();
    expect([refused.exit, refused.diagnostics[0]?.code]).toEqual([5, 'LS9021']);
    expect(refused.diagnostics[0]?.detail).toContain('public.bodies.body');
    expect(await db.value(`SELECT to_regnamespace('lockstep') IS NULL`)).toBe(true);
    await db.query('ALTER TABLE bodies ALTER body DROP NOT NULL');
    await db.query(`INSERT INTO notes SELECT g, 'n' FROM generate_series(1, 7) AS g`);
    expect((await apply()).report?.outcome).toBe('done');
    expect(await db.value('SELECT count(*) FROM bodies')).toBe('7');
  });
});

describe('a schema file', () => {
  it('may make the schema that every database has', async () => {
    const tables = `CREATE SCHEMA public;\nCREATE TABLE public.notes (id int PRIMARY KEY, body text);
      CREATE TABLE public.bodies (note_id int PRIMARY KEY, body text);`;
    expect((await planFor(tables)).exit).toBe(0);
  });

  it('of a version that is not here is compiled for ours, and it is said', async () => {
    const result = await planFor(definitions(99));
    expect([result.exit, ...result.diagnostics.map(({ code }) => code)]).toEqual([0, 'LS9025', 'LS9026']);
  });

  it.each([
    ['rows', 'CREATE TABLE a (id int);\nCOPY a (id) FROM stdin;\n1\n\\.\n', 2, 'pg_dump --schema-only'],
    ['another file', '\n\\i other.sql\n', 2, 'pg_dump --schema-only'],
    ['what the server refuses', '-- é 😀\nCREATE TABLE a (id nosuchtype);\n', 2, 'repair the file'],
    ['what cannot be sent in one piece', 'CREATE DATABASE x; SELECT 1', undefined, 'without --create'],
    ['an extension that is not there', 'CREATE EXTENSION no_such_extension', undefined, 'compile against a database'],
  ])('with %s is refused', async (_, schema, line, help) => {
    const { exit, diagnostics } = await planFor(schema);
    expect([exit, diagnostics.map(({ code }) => code)]).toEqual([1, ['LS9024']]);
    expect(diagnostics[0]?.span?.start.line).toBe(line);
    expect(diagnostics[0]?.help).toContain(help);
  });

  it('that does not hold what the plan names makes the plan invalid, under its own name', async () => {
    const { exit, diagnostics } = await planFor('SELECT 1');
    expect(exit).toBe(3);
    expect(diagnostics[0]?.detail).toContain('`schema.sql`');
  });

  it('that is not there is refused', async () => {
    const missing = { ...input, file: at('plan.yaml'), schemaFile: at('nowhere.sql'), tell: () => undefined };
    expect((await planForSchemaCommand(missing)).diagnostics.map(({ code }) => code)).toEqual(['LS9017']);
  });
});
