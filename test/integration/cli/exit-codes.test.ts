/** The built program against a server: what it exits with, and which stream says what. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockstep, startLockstep, type Ended } from '../../support/built-program.js';
import { testDatabase } from '../../support/database.js';

const { url, query, value } = await testDatabase();
const env = { DATABASE_URL: url };
const password = decodeURIComponent(new URL(url).password);

const folder = mkdtempSync(join(tmpdir(), 'lockstep-program-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function planFile(name: string, steps: string, more = ''): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, `lockstep: 1\nname: ${name}\n${more}steps:\n${steps}`);
  return file;
}

const copy = (source: string, target: string): string => `mappings:
  notes: { from: ${source}, to: ${target}, columns: { id: id, body: body } }
`;

async function tables(name: string, rows: number): Promise<string> {
  const [source, target] = [`${name}_source`, `${name}_target`];
  await query(`CREATE TABLE ${source} (id bigint PRIMARY KEY, body text)`);
  await query(`CREATE TABLE ${target} (id bigint PRIMARY KEY, body text)`);
  await query(`INSERT INTO ${source} SELECT n, 'note ' || n FROM generate_series(1, ${rows}) AS n`);
  return copy(source, target);
}

/** Nothing that a program does not expect; and never the password. */
function documentOf({ out, err }: Ended): Record<string, unknown> {
  if (password !== '') expect(out + err).not.toContain(password);
  const document = JSON.parse(out) as Record<string, unknown>;
  expect(Object.keys(document)).toEqual(['lockstep', 'command', 'exit', 'report', 'diagnostics', 'next']);
  return document;
}

describe('a plan from beginning to end', () => {
  it('exits 0, 6, 0, 0 and 0, and says on stdout what came of it', async () => {
    const mapping = await tables('whole', 500);
    const file = planFile(
      'whole',
      `  - { id: fill, backfill: { mappings: [notes], on_conflict: skip } }
  - { id: proof, verify: [{ in_sync: [notes] }] }
  - { id: sign-off, gate: { approval: dba } }
`,
      mapping,
    );
    const planned = await lockstep(['plan', file], { env });
    expect(planned).toMatchObject({ exit: 0, err: '' });
    expect(planned.out).toMatch(/^Plan whole {3}3 steps, \d+ operations {6}lockstep_test_\w+ as /);
    expect(planned.out).toContain(`\nNext:  lockstep apply ${file}\n`);
    expect(await lockstep(['plan', file, '--detailed-exitcode'], { env })).toMatchObject({ exit: 2 });
    expect(await value(`SELECT to_regnamespace('lockstep') IS NULL`)).toBe(true);

    const waits = await lockstep(['apply', file, '--yes'], { env });
    expect(waits.exit).toBe(6);
    expect(waits.out).toMatch(/^◷ whole@1 waits/);
    expect(waits.out).toMatch(/^✔ {2}fill +done +500 +0 +0 /m);
    expect(waits.out).toContain('compared 500');
    expect(waits.err).toMatch(/^\d\d:\d\d:\d\dZ step=fill operation=fill\/fill\/notes state=done rows=500 /m);
    expect(waits.err.endsWith(`Next:  lockstep approve ${file} --gate sign-off\nthen:  lockstep apply ${file}\n`)).toBe(
      true,
    );

    const looked = await lockstep(['status', file], { env });
    expect(looked.out).toMatch(/^◷ {2}sign-off\/gate +waiting\n +waits for approval by dba$/m);
    expect((await lockstep(['approve', file, '--gate', 'sign-off', '--comment', 'seen'], { env })).exit).toBe(0);
    expect((await lockstep(['apply', file], { env })).out).toMatch(/^✔ whole@1 is done/);
    expect((await lockstep(['apply', file], { env })).out).toMatch(/nothing to do, nothing written\n$/);
    expect(await lockstep(['verify', file], { env })).toMatchObject({ exit: 0, err: '' });

    const shown = await lockstep(['rollback', 'whole', '--plan'], { env });
    expect(shown).toMatchObject({ exit: 0, err: '' });
    expect(shown.out).toMatch(/^Way back of whole {3}1 step, /);
    expect(await value('SELECT count(*) FROM whole_target')).toBe('500');
    const back = await lockstep(['rollback', file, '--yes'], { env });
    expect(back.exit).toBe(0);
    expect(back.out).toMatch(/^✔ {2}fill +done +500 +0 +0 /m);
    expect(back.out).toContain('✔ the catalog is what it was before the run\n');
    expect(await value('SELECT count(*) FROM whole_target')).toBe('0');
  });

  it('is documents for a program, and events before the one of apply', async () => {
    const mapping = await tables('machine', 50);
    const file = planFile('machine', '  - { id: fill, backfill: { mappings: [notes], on_conflict: skip } }\n', mapping);
    const planned = documentOf(await lockstep(['plan', file, '--json'], { env }));
    expect(planned).toMatchObject({ lockstep: 1, command: 'plan', exit: 0, next: [`lockstep apply ${file}`] });
    expect(planned.report).toMatchObject({ plan: 'machine', steps: [expect.anything()] });

    const into = join(folder, 'machine.json');
    const applied = await lockstep(['apply', file, '--yes', '--json', '--json-into', into], { env });
    const lines = applied.out.trimEnd().split('\n');
    const events = lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(new Set(events.map((event) => event.v))).toEqual(new Set([1]));
    expect(events.map((event) => event.type)).toContain('progress');
    const last = documentOf({ ...applied, out: lines.at(-1)! });
    expect(last).toMatchObject({ command: 'apply', exit: 0, report: { outcome: 'done' } });
    expect(JSON.parse(readFileSync(into, 'utf8'))).toEqual(last);
    expect(applied.err).toBe('');

    for (const words of [['status'], ['status', 'machine'], ['verify', file], ['rollback', 'machine', '--plan']])
      expect(documentOf(await lockstep([...words, '--json'], { env }))).toMatchObject({ command: words[0], exit: 0 });
  });
});

describe('exit 1', () => {
  it.each([
    ['nobody listens', 'postgresql://u:s3cret-word@127.0.0.1:1/none'],
    ['a wrong password', url.replace(/:[^:@/]*@/, ':s3cret-word@')],
    ['no such database', `${url.replace(/[^/]*$/, '')}no_such_database`],
  ])('%s', async (_, wrong) => {
    for (const words of [['status'], ['status', '--json'], ['status', '--database-url', wrong]]) {
      const ended = await lockstep(words, { env: { DATABASE_URL: wrong } });
      expect(ended.exit).toBe(1);
      expect(ended.err).toContain('error[LS9001]: the database cannot be reached');
      expect(ended.out + ended.err).not.toContain('s3cret-word');
      if (password !== '') expect(ended.out + ended.err).not.toContain(password);
      if (words.includes('--json')) expect(documentOf(ended)).toMatchObject({ exit: 1, report: null });
    }
  });

  it('a statement that the server refuses, with the command that goes on as the last words', async () => {
    await query('CREATE TABLE refused (id int)');
    const file = planFile(
      'refused',
      `  - id: break\n    sql: { up: "INSERT INTO refused VALUES (1 / (SELECT count(*)::int FROM refused))", down: DELETE FROM refused }\n`,
    );
    const ended = await lockstep(['apply', file, '--yes'], { env });
    expect(ended.exit).toBe(1);
    expect(ended.out).toMatch(/^✖ refused@1 has failed/);
    expect(ended.err).toContain('error[LS9002]: an operation failed');
    expect(ended.err).toContain('division by zero (SQLSTATE 22012)');
    expect(ended.err.endsWith(`Next:  lockstep apply ${file}\n  or:  lockstep rollback ${file}\n`)).toBe(true);
  });
});

describe('exit 3 and 64', () => {
  it('a plan that is not valid, in front of a database', async () => {
    const file = planFile(
      'unknown-table',
      '  - { id: proof, verify: [{ no_nulls: { table: nowhere, columns: [a] } }] }\n',
    );
    const ended = await lockstep(['plan', file], { env });
    expect([ended.exit, ended.out]).toEqual([3, '']);
    expect(ended.err).toContain(`╭▸ ${file}:4:`);
  });

  it('a question that nobody can answer, before anything is written', async () => {
    const mapping = await tables('asked', 5);
    const file = planFile('asked', '  - { id: fill, backfill: { mappings: [notes], on_conflict: skip } }\n', mapping);
    const ended = await lockstep(['apply', file, '--json'], { env });
    expect(documentOf(ended)).toMatchObject({ exit: 64, report: null, next: [`lockstep apply ${file} --yes`] });
    expect(ended.exit).toBe(64);
    expect(await value('SELECT count(*) FROM asked_target')).toBe('0');
    expect((await lockstep(['status', 'asked'], { env })).exit).toBe(1);
    expect((await lockstep(['plam', file])).exit).toBe(64);
  });
});

describe('exit 4 and 5', () => {
  it('a check that fails: figures, rows and place, and the way on', async () => {
    await query('CREATE TABLE checked (id int, parent int)');
    await query('INSERT INTO checked VALUES (1, NULL), (2, 7), (3, NULL)');
    const file = planFile(
      'checked',
      `  - id: proof\n    verify:\n      - { name: as many, row_count: { table: checked, is: 3 } }\n      - { name: nobody without, no_nulls: { table: checked, columns: [parent] } }\n`,
    );
    for (const words of [
      ['verify', file],
      ['apply', file, '--yes'],
    ]) {
      const ended = await lockstep(words, { env });
      expect(ended.exit).toBe(4);
      expect(ended.out).toContain('✖ 1 of 2 checks fails');
      expect(ended.out).toMatch(/^✔ {2}proof › as many +actual 3, expected 3$/m);
      expect(ended.out).toMatch(new RegExp(`^✖ {2}proof › nobody without +2 rows, expected 0 +${file}:7:`, 'm'));
      expect(ended.out).toMatch(/^ {4}id 1 {3}parent NULL$/m);
      expect(ended.err).toContain('error[LS9003]: a check failed');
    }
    const sql = await lockstep(['verify', file, '--sql'], { env });
    expect(sql.exit).toBe(0);
    const [, , statement] = sql.out.split(/^-- proof › .*$/m);
    expect(await query(statement!)).toHaveLength(2);
  });

  it('a finished plan with another text', async () => {
    await query('CREATE TABLE finished (id int)');
    const steps = (comment: string): string =>
      `  - id: say\n    sql: { up: "COMMENT ON TABLE finished IS '${comment}'", down: COMMENT ON TABLE finished IS NULL }\n`;
    const file = planFile('finished', steps('a'));
    expect((await lockstep(['apply', file, '--yes'], { env })).exit).toBe(0);
    planFile('finished', steps('b'));
    const ended = await lockstep(['apply', file, '--yes'], { env });
    expect([ended.exit, ended.out]).toEqual([5, '']);
    expect(ended.err).toContain('error[LS9005]');
    expect(ended.err.endsWith('Next:  lockstep status finished@1\n')).toBe(true);
  });
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends after the batches at hand with %i; the next call goes on', async (signal, exit) => {
    const name = `stop-${signal.toLowerCase()}`;
    const mapping = await tables(name.replace('-', '_'), 400);
    const batch = 'batch: { rows: 1, target: off }';
    const file = planFile(
      name,
      `  - { id: fill, backfill: { mappings: [notes], on_conflict: skip, ${batch}, workers: 1 } }\n`,
      mapping,
    );
    const started = await startLockstep(['apply', file, '--yes'], { env });
    await started.says('operation=fill/fill/notes state=running');
    started.child.kill(signal);
    const ended = await started.ended;
    expect(ended.exit).toBe(exit);
    expect(ended.out).toMatch(/has stopped; what is done is kept/);
    expect(ended.err.endsWith(`Next:  lockstep apply ${file}\n`)).toBe(true);
    const there = Number(await value(`SELECT count(*) FROM ${name.replace('-', '_')}_target`));
    expect(there).toBeLessThan(400);
    expect((await lockstep(['apply', file], { env })).exit).toBe(0);
    expect(await value(`SELECT count(*) FROM ${name.replace('-', '_')}_target`)).toBe('400');
  });

  it('a second one cancels on the server what is running there; until then nobody else gets in (exit 7)', async () => {
    await query('CREATE TABLE slow (id int)');
    const file = planFile(
      'slow',
      `  - id: wait\n    sql: { up: "INSERT INTO slow SELECT 1 FROM pg_sleep(50)", down: DELETE FROM slow }\n`,
    );
    const started = await startLockstep(['apply', file, '--yes'], { env });
    const sleeping = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(50)%' AND state = 'active' AND pid <> pg_backend_pid()`;
    while ((await value(sleeping)) === '0') await new Promise((resolve) => setTimeout(resolve, 50));
    const other = await lockstep(['apply', file], { env });
    expect(other.exit).toBe(7);
    expect(other.err).toContain('error[LS9006]: another run holds the plan');
    started.child.kill('SIGINT');
    await started.says('Once more: stop at once.');
    started.child.kill('SIGINT');
    const ended = await started.ended;
    expect(ended.exit).toBe(130);
    expect(ended.err).toContain(
      `Stopped at once. What was committed is kept; the server rolls back the rest.\nNext:  lockstep apply ${file}\n`,
    );
    expect(await value(sleeping)).toBe('0');
    expect((await lockstep(['status', 'slow'], { env })).out).toMatch(/^slow@1 {3}interrupted \(running\)/);
  });
});

describe('the process', () => {
  it.runIf(process.platform === 'linux')('shows no password in the list of processes', async () => {
    // Somebody who listens and never answers.
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const words = ['status', '--database-url', `postgresql://u:s3cret-word@127.0.0.1:${port}/x`];
    const connected = new Promise((resolve) => silent.on('connection', resolve));
    const { child, ended } = await startLockstep(words);
    await connected;
    expect(readFileSync(`/proc/${child.pid!}/cmdline`, 'utf8')).not.toContain('s3cret-word');
    child.kill('SIGKILL');
    await ended;
    silent.close();
  });

  it('reads a .env file, and an existing variable wins', async () => {
    writeFileSync(join(folder, '.env'), `DATABASE_URL=${url}\n`);
    expect((await lockstep(['status'], { cwd: folder })).exit).toBe(0);
    const other = await lockstep(['status'], { cwd: folder, env: { DATABASE_URL: 'postgresql://u@127.0.0.1:1/x' } });
    expect(other.exit).toBe(1);
    // A variable of another name, which would come last if both stood in one place.
    const elsewhere = await lockstep(['status'], { cwd: folder, env: { PGHOST: '127.0.0.1', PGPORT: '1' } });
    expect([elsewhere.exit, elsewhere.err.includes('ECONNREFUSED')]).toEqual([1, true]);
  });

  it('takes nothing else from it, and says where it cannot be read', async () => {
    writeFileSync(join(folder, '.env'), `DATABASE_URL=${url}\nLOCKSTEP_DEBUG=1\nFORCE_COLOR=1\n`);
    const plain = await lockstep(['status'], { cwd: folder });
    expect([plain.exit, (plain.out + plain.err).includes('\u001b')]).toEqual([0, false]);
    rmSync(join(folder, '.env'));
    mkdirSync(join(folder, '.env'));
    const refused = await lockstep(['status', '--database-url', url], { cwd: folder });
    expect([refused.exit, refused.err.includes('error[LS9017]')]).toEqual([1, true]);
    expect(refused.err).toContain('`.env` is there and cannot be read (it is no regular file)');
    expect((await lockstep(['explain', 'LS9017'], { cwd: folder })).exit).toBe(0);
    rmSync(join(folder, '.env'), { recursive: true });
  });
});
