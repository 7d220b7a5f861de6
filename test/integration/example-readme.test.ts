/** What the README of an example tells people to type, typed: in one shell, in order, on an empty database. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

import { DEMO_TABLES } from '../../src/commands/demo-data.js';
import { testDatabase } from '../support/database.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { url, query, value } = await testDatabase();

test('the commands of examples/split-auth-schema/README.md go there, back, and to the end', async () => {
  expect(existsSync(`${root}dist/cli/main.js`), 'the commands run what `npm run build` has built').toBe(true);
  const [before = [], there = [], back = [], end = [], ...more] = commandsOf(
    readFileSync(`${root}examples/split-auth-schema/README.md`, 'utf8'),
  );
  expect([before.length, there.length, back.length, end.length, more.length]).toEqual([3, 5, 3, 4, 0]);

  expect(await typed(before, { through: 'npx' })).toMatch(/20000 users/);
  expect(await value(`SELECT to_regnamespace('lockstep')`)).toBeNull();
  const rowsBefore = await countRows();
  expect(rowsBefore).toMatchObject({ user_credentials: 0 });
  expect(Math.max(...Object.values(rowsBefore))).toBeGreaterThan(100);

  const told = await typed(there);
  expect(told).toMatch(/sign-off/);
  expect(await value('SELECT status FROM lockstep.run')).toBe('waiting');
  expect(await countRows()).toMatchObject({ user_credentials: 16_000 });

  await typed(back);
  expect(await value('SELECT status FROM lockstep.run')).toBe('rolled back');
  expect(await countRows()).toEqual(rowsBefore);

  await typed(['export SOAK=0s', ...end]);
  expect(await value('SELECT status FROM lockstep.run ORDER BY id DESC LIMIT 1')).toBe('done');
  expect(await value('SELECT comment FROM lockstep.approval')).toBe('the counts are right');
  expect(await countRows()).toMatchObject({ user_credentials: 16_000 });
  expect(await typed(['export SOAK=0s', 'npx lockstep apply plans/split-auth-schema.yaml --yes'])).toMatch(
    /nothing to do/,
  );
}, 300_000);

test.each(['journal-uuid', 'clinic-uuid'])(
  'the commands of examples/%s/README.md can be typed',
  async (example) => {
    const own = await testDatabase({ after: onTestFinished });
    const blocks = commandsOf(readFileSync(`${root}examples/${example}/README.md`, 'utf8'));
    expect(blocks.length).toBeGreaterThan(2);
    await typed(blocks.flat(), { through: 'the shortcut', at: own.url });
    expect(await own.value(`SELECT count(*)::int FROM lockstep.run WHERE status = 'rolled back'`)).toBeGreaterThan(0);
  },
  300_000,
);

/** The lines of each ```sh block. */
function commandsOf(markdown: string): readonly (readonly string[])[] {
  return [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!.trim().split('\n'));
}

/** What npx does in a checkout, without the second or more of processor time that it takes to find that out. */
const SHORTCUT = 'npx() { test "$1" = lockstep; shift; node bin/lockstep.js "$@"; }';

/** What they print, both streams; rejects with it where one fails. */
async function typed(
  commands: readonly string[],
  { through, at = url }: { readonly through: 'npx' | 'the shortcut'; readonly at?: string } = {
    through: 'the shortcut',
  },
): Promise<string> {
  // The environment of the test must not name another database.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PG|LOCKSTEP_|SOAK$)/.test(name));
  const env = { ...Object.fromEntries(inherited), DATABASE_URL: at };
  const script = [...(through === 'npx' ? [] : [SHORTCUT]), ...commands].join('\n');
  const { stdout, stderr } = await promisify(execFile)('sh', ['-e', '-c', script], { cwd: root, env });
  return stdout + stderr;
}

/** Rows by table. By name, since the server may answer the parts of a UNION ALL in any order. */
async function countRows(): Promise<Readonly<Record<string, number>>> {
  const counts = DEMO_TABLES.map((table) => `SELECT '${table}' AS "table", count(*)::int AS rows FROM ${table}`);
  const rows = await query<{ table: string; rows: number }>(counts.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ table, rows }) => [table, rows]));
}
