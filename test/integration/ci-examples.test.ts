/** The workflows that people copy, run: what their steps do on a database, and what the next job gets from them. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { built } from '../support/built-program.js';
import { testDatabase } from '../support/database.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { url, query, value } = await testDatabase();
const folder = mkdtempSync(join(tmpdir(), 'lockstep-ci-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Step {
  readonly name?: string;
  readonly run?: string;
}

const { jobs } = parse(readFileSync(`${root}examples/ci/github/lockstep.yml`, 'utf8')) as {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
};
const gitlab = parse(readFileSync(`${root}examples/ci/gitlab/.gitlab-ci.yml`, 'utf8')) as Readonly<
  Record<string, { readonly script: readonly string[] }>
>;

/** What npx does where the package is installed. */
const SHORTCUT = `npx() { test "$1" = lockstep; shift; node '${root}bin/lockstep.js' "$@"; }\n`;
const PLAN = 'plans/split-auth-schema.yaml';

interface Done {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly outputs: string;
}

/** As the runners do it: `bash -e`, in the checkout, with files for what is handed on. */
function typed(script: string, env: Readonly<Record<string, string>> = {}): Promise<Done> {
  for (const name of ['outputs', 'summary']) writeFileSync(at(name), '');
  const given = { PATH: process.env['PATH'], HOME: process.env['HOME'], SOAK: '0s', PLAN };
  const files = { GITHUB_OUTPUT: at('outputs'), GITHUB_STEP_SUMMARY: at('summary'), GITHUB_WORKSPACE: folder };
  const options = { cwd: folder, env: { ...given, ...files, ...env } };
  return new Promise((resolve) => {
    execFile('bash', ['-e', '-c', SHORTCUT + script], options, (error, out, err) => {
      const exit = error === null ? 0 : Number(error.code);
      resolve({ exit, out, err, outputs: readFileSync(at('outputs'), 'utf8') });
    });
  });
}

function step(job: string, name: string): string {
  const found = jobs[job]!.steps.find((candidate) => candidate.name === name);
  return found!.run!;
}

const script = (job: string): string => gitlab[job]!.script.join('\n');
const onDatabase = { LOCKSTEP_DATABASE_URL: url };

beforeAll(async () => {
  await built();
  symlinkSync(`${root}plans`, at('plans'));
  await query(readFileSync(`${root}examples/split-auth-schema/schema.sql`, 'utf8'));
  const data = readFileSync(`${root}examples/split-auth-schema/data.sql`, 'utf8');
  await query(`SET example.rows = 50; ${data}`);
});

describe('the GitHub workflow', () => {
  it('validates without a database, and annotates what is wrong', async () => {
    expect(await typed(step('validate', 'Validate'))).toEqual({ exit: 0, out: '', err: '', outputs: '' });
  });

  it('fails for a plan that does not compile, and has the reason in the comment', async () => {
    writeFileSync(at('wrong.yaml'), 'lockstep: 1\nname: wrong\nsteps:\n  - id: a\n    backfil: {}\n');
    const done = await typed(step('plan', 'Plan'), { ...onDatabase, PLAN: 'wrong.yaml' });
    expect(done).toMatchObject({ exit: 3, outputs: 'code=3\n' });
    expect(readFileSync(at('plan.md'), 'utf8')).toMatch(/^✖ \*\*Plan `wrong\.yaml`\*\* is \*\*invalid\*\*: 1 error\n/);
    expect(readFileSync(at('summary'), 'utf8')).toBe(readFileSync(at('plan.md'), 'utf8'));
  });

  it('plans, stops at the gate without failing, goes on after the approval, and has nothing to do then', async () => {
    const planned = await typed(step('plan', 'Plan'), onDatabase);
    const { digest } = JSON.parse(readFileSync(at('plan.saved.json'), 'utf8')) as { digest: string };
    expect(planned).toMatchObject({ exit: 0, outputs: `code=2\ndigest=${digest}\n` });
    const comment = readFileSync(at('plan.md'), 'utf8');
    expect(comment).toMatch(
      /^⚠ \*\*Plan `split-auth-schema`\*\*: 5 steps, 47 operations · worst lock `ACCESS EXCLUSIVE/,
    );
    expect(comment).toContain(`lockstep apply plan.saved.json --expect-digest ${digest}`);
    expect(comment.length).toBeLessThan(65_536);
    expect(await value(`SELECT to_regnamespace('lockstep') IS NULL`)).toBe(true);

    const other = await typed(step('apply', 'Apply'), { ...onDatabase, DIGEST: 'ls1:0' });
    expect(other.exit).toBe(5);
    expect(await value('SELECT count(*) FROM user_profiles')).toBe('0');

    const apply = { ...onDatabase, DIGEST: digest };
    const waits = await typed(step('apply', 'Apply'), apply);
    expect(waits.exit).toBe(0);
    expect(waits.out).toMatch(/^::warning title=lockstep::The run waits at a gate/m);
    expect(waits.err).toContain('lockstep approve plan.saved.json --gate sign-off');
    const approved = await typed('npx lockstep approve plan.saved.json --gate sign-off', onDatabase);
    expect(approved.exit).toBe(0);
    const done = await typed(step('apply', 'Apply'), apply);
    expect([done.exit, done.out]).toEqual([0, expect.stringMatching(/^✔ split-auth-schema@1 is done/)]);
    expect((await typed(step('plan', 'Plan'), onDatabase)).outputs).toMatch(/^code=0\n/);
    // Behind its close the run has no way back; what follows begins anew.
    await query(`UPDATE lockstep.run SET plan = 'before-' || plan`);
  });

  it('does not apply what was planned before somebody changed the database', async () => {
    expect((await typed(step('plan', 'Plan'), onDatabase)).exit).toBe(0);
    const { digest } = JSON.parse(readFileSync(at('plan.saved.json'), 'utf8')) as { digest: string };
    await query('ALTER TABLE user_profiles ADD COLUMN late int');
    const stale = await typed(step('apply', 'Apply'), { ...onDatabase, DIGEST: digest });
    expect(stale.exit).toBe(5);
    expect(stale.err).toContain('public.user_profiles.late');
    await query('ALTER TABLE user_profiles DROP COLUMN late');
    const shown = await typed('npx lockstep show plan.saved.json --format markdown');
    expect(shown.out).toMatch(/^⚠ \*\*Plan `split-auth-schema`\*\*: 5 steps/);
    const sql = await typed('npx lockstep show plan.saved.json --sql');
    expect(sql.out).toMatch(/^-- Plan split-auth-schema, digest /);
  });
});

describe('the README of the example', () => {
  it('says commands that work as they stand', async () => {
    const readme = readFileSync(`${root}examples/ci/README.md`, 'utf8');
    const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) expect(await typed(block, { DATABASE_URL: url })).toMatchObject({ exit: 0 });
  });
});

describe('where pull requests are planned', () => {
  const planned = async (
    on: string,
  ): Promise<{ readonly exit: number; readonly err: string; readonly digest: string }> => {
    const { exit, err, outputs } = await typed(step('plan', 'Plan'), { LOCKSTEP_DATABASE_URL: on });
    return { exit, err, digest: /^digest=(.*)$/m.exec(outputs)?.[1] ?? '' };
  };

  it('may be a copy of the schema without rows: the digest is the same', async () => {
    const copy = await testDatabase({ after: onTestFinished });
    await copy.query(readFileSync(`${root}examples/split-auth-schema/schema.sql`, 'utf8'));
    const there = await planned(copy.url);
    expect(there).toEqual(await planned(url));
    expect(there).toMatchObject({ exit: 0, digest: expect.stringMatching(/^ls1:[0-9a-f]{64}$/) as string });
  });

  it('needs a role with the rights of the plan and a look into the journal; its transactions may be read only', async () => {
    const role = `planner_${url.slice(-8)}`;
    const asRole = new URL(url);
    [asRole.username, asRole.password] = [role, 'secret'];
    await query(
      `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; ALTER ROLE ${role} SET default_transaction_read_only = on`,
    );
    onTestFinished(() =>
      query(
        `REASSIGN OWNED BY ${role}_owner TO CURRENT_USER; DROP OWNED BY ${role}, ${role}_owner; DROP ROLE ${role}, ${role}_owner`,
      ).then(() => undefined),
    );
    await query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    const reads = await planned(asRole.href);
    expect(reads.exit).toBe(0);
    expect(reads.err).toContain(`INSERT, UPDATE, DELETE ON public.user_profiles TO ${role}`);
    // Only an owner may make the mirrors of a window.
    const [{ owner } = { owner: '' }] = await query<{ owner: string }>(
      `SELECT tableowner AS owner FROM pg_tables WHERE tablename = 'user_profiles'`,
    );
    expect(reads.err).toContain(`GRANT ${owner} TO ${role}`);
    await query(`CREATE ROLE ${role}_owner SUPERUSER; GRANT ${role}_owner TO ${role}`);
    const tables = ['users', 'user_credentials', 'user_external_logins', 'user_preferences', 'user_profiles'];
    for (const table of tables) await query(`ALTER TABLE ${table} OWNER TO ${role}_owner`);
    await query(`GRANT USAGE ON SCHEMA lockstep TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA lockstep TO ${role}`);
    expect((await planned(asRole.href)).digest).toBe((await planned(url)).digest);
  });
});

describe('the GitLab jobs', () => {
  it('do the same, and show a gate as exit 6', async () => {
    expect((await typed(script('validate'))).exit).toBe(0);
    expect((await typed(script('plan'), { LOCKSTEP_PLAN_DATABASE_URL: url })).exit).toBe(0);
    const [, digest = ''] = /^DIGEST=(ls1:[0-9a-f]+)\n$/.exec(readFileSync(at('plan.env'), 'utf8')) ?? [];
    const applied = await typed(script('apply'), { LOCKSTEP_APPLY_DATABASE_URL: url, DIGEST: digest });
    expect(applied.exit).toBe(6);
  });
});
