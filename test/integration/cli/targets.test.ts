/** The built program with a configuration: which database it goes to, what it refuses, and that no password is shown. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockstep, type Ended } from '../../support/built-program.js';
import { testDatabase } from '../../support/database.js';

const prod = await testDatabase();
const dev = await testDatabase();
const folder = mkdtempSync(join(tmpdir(), 'lockstep-targets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
write(
  'lockstep.config.yaml',
  `targets:
  prod: { url: "\${PROD_DATABASE_URL}" }
  dev: { url: "${dev.url}" }
  bare: { url: "\${NOT_SET}" }
  wrong: { url: postgresql://app:s3cret-word@127.0.0.1:1/none }
`,
);
write(
  'plan.yaml',
  `lockstep: 1
name: by-target
steps:
  - { id: here, only: [prod], verify: [{ value: { sql: SELECT current_database() <> '', is: "true" } }] }
  - { id: there, only: [dev, wrong], verify: [{ value: { sql: SELECT 1, is: 1 } }] }
`,
);
write('any.yaml', 'lockstep: 1\nname: any\nsteps:\n  - { id: proof, verify: [{ no_rows: SELECT 1 WHERE false }] }\n');

const passwords = [prod.url, dev.url]
  .map((url) => decodeURIComponent(new URL(url).password))
  .filter((word) => word !== '');

async function type(line: string, env: Readonly<Record<string, string>> = {}, cwd = folder): Promise<Ended> {
  const ended = await lockstep(line.split(' '), { cwd, env: { PROD_DATABASE_URL: prod.url, ...env } });
  for (const secret of [...passwords, 's3cret-word']) expect(ended.out + ended.err).not.toContain(secret);
  return ended;
}

describe('a plan with `only`', () => {
  it('is compiled for the target that is named, on its database', async () => {
    const there = await type('plan plan.yaml --target dev --sql');
    const here = await type('plan plan.yaml --target prod');
    expect([here.exit, there.exit, here.err]).toEqual([0, 0, '']);
    expect(here.out).toMatch(new RegExp(`^Plan by-target {3}1 step, 1 operation {6}for prod: ${prod.name} as `));
    expect(here.out).toContain('here (verify)');
    expect(here.out).not.toContain('there (verify)');
    expect(here.out).toContain('\nNext:  lockstep apply plan.yaml --target prod\n');
    expect((await type('apply plan.yaml --target prod --yes')).exit).toBe(0);
    expect(await prod.value('SELECT plan FROM lockstep.run')).toBe('by-target');
    expect(await dev.value(`SELECT to_regnamespace('lockstep') IS NULL`)).toBe(true);
    expect((await type('status --target prod')).out).toContain('by-target@1');
  });

  it.each([
    'plan plan.yaml',
    'apply plan.yaml --yes',
    'verify plan.yaml',
    'status plan.yaml',
    'rollback plan.yaml --plan',
  ])('without one is an error that names them: %s', async (line) => {
    const ended = await type(line, { DATABASE_URL: prod.url });
    expect(ended.exit).toBe(64);
    expect(ended.err).toContain('error[LS9022]');
    expect(ended.err).toContain('say --target NAME; there are: prod, dev, bare, wrong');
  });

  it('is compiled for a schema file without a database, for a target', async () => {
    write('schema.sql', 'CREATE TABLE notes (id int);\n');
    const planned = await type('plan plan.yaml --target dev --schema schema.sql');
    expect(planned.exit).toBe(0);
    expect(planned.out).toMatch(/ {6}for dev: schema\.sql on PostgreSQL \d+\.\d+, no database asked\n/);
    expect(planned.err).toMatch(/^Starting a PostgreSQL of our own, on 127\.0\.0\.1 only\.\nPostgreSQL \d+ runs\. /);
    const both = await type(`plan plan.yaml --schema schema.sql --database-url ${dev.url}`);
    expect(both.exit).toBe(64);
  });
});

describe('a target', () => {
  it('is misspelt, or has no configuration', async () => {
    const misspelt = await type('plan any.yaml --target prd');
    expect(misspelt.exit).toBe(64);
    expect(misspelt.err).toContain('error[LS9103]: there is no such target');
    expect(misspelt.err).toContain('did you mean `prod`?');
    const nothing = await type('status --target prod', {}, tmpdir());
    expect(nothing.exit).toBe(64);
    expect(nothing.err).toContain('`--target prod` needs a configuration');
    const named = await type(`status --target dev --config ${join(folder, 'lockstep.config.yaml')}`, {}, tmpdir());
    expect(named.exit).toBe(0);
    expect((await type('status --config nowhere.yaml')).err).toContain('error[LS9017]');
  });

  it('has a variable that is not set: named, at its place, and only where it is needed', async () => {
    const ended = await type('status --target bare');
    expect(ended.exit).toBe(1);
    expect(ended.err).toContain('error[LS1501]: an environment variable is not set');
    expect(ended.err).toContain('╭▸ lockstep.config.yaml:4:');
    expect(ended.err).toContain('help: set NOT_SET');
    expect((await type(`status --target bare --database-url ${dev.url}`)).exit).toBe(0);
  });

  it('is the database that was meant, whatever a variable says; only a URL on the command line goes before it', async () => {
    const ended = await type('apply any.yaml --target prod --yes', { DATABASE_URL: dev.url });
    expect([ended.exit, ended.err]).toEqual([0, expect.not.stringContaining('warning')]);
    expect(await prod.value('SELECT plan FROM lockstep.run ORDER BY id DESC LIMIT 1')).toBe('any');
    expect(await dev.value(`SELECT to_regclass('lockstep.run')`)).toBeNull();
    const typed = await type(`status --target prod --database-url ${dev.url}`);
    expect([typed.exit, typed.err]).toEqual([0, '']);
  });

  it('whose password stands in the file is not the place where it gets out', async () => {
    expect((await type('status --target wrong')).err).toContain('error[LS9001]');
    write('broken.yaml', 'targets:\n  prod: { ulr: postgresql://app:s3cret-word@db/shop }\n');
    const broken = await type('status --config broken.yaml');
    expect(broken.exit).toBe(3);
    expect(broken.err).toContain('did you mean `url`?');
    expect(broken.err).toContain('postgresql://app:***********@db/shop');
  });
});
