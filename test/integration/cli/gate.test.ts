/** What a person sees of a gate with checks, from the command line: while it waits, where it stands, and when it opens. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

import { lockstep } from '../../support/built-program.js';
import { testDatabase } from '../../support/database.js';

const { url, query } = await testDatabase();

const PLAN = `lockstep: 1
name: drain
steps:
  - id: drained
    gate:
      approval: dba
      until:
        - no_rows: SELECT id, note FROM jobs WHERE NOT done ORDER BY id
          name: no job is open
          mask: [note]
        - row_count: { table: jobs, is: 60 }
  - id: behind
    sql: { up: DELETE FROM jobs WHERE id = 60, down: "INSERT INTO jobs VALUES (60, true, 'x')" }
`;

it('shows what it waits for with figures and rows, in text and for programs, and goes on', async () => {
  await query(`CREATE TABLE jobs (id int PRIMARY KEY, done boolean NOT NULL, note text);
    INSERT INTO jobs SELECT n, n > 2, 'secret' FROM generate_series(1, 60) AS n`);
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-gate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'drain.yaml');
  writeFileSync(file, PLAN);
  const env = { DATABASE_URL: url };

  const planned = await lockstep(['plan', file], { env });
  expect(planned.out).toMatch(/^ {4}· wait for the approval of dba and 2 checks$/m);
  expect(planned.out).toMatch(/^ {8}◷ until no job is open$/m);
  expect((await lockstep(['plan', file, '--sql'], { env })).out).toContain('WHERE NOT done');
  const markdown = (await lockstep(['plan', file, '--format', 'markdown'], { env })).out;
  expect(markdown).toContain('waits for: `approval by dba`; `until no job is open`');
  expect(markdown).toContain('SELECT id, note FROM jobs WHERE NOT done');

  const waits = await lockstep(['apply', file, '--yes'], { env });
  expect(waits.exit).toBe(6);
  expect(waits.err).toMatch(
    /^\d\d:\d\d:\d\dZ step=drained operation=drained\/gate state=waiting check="no job is open: 2 rows, expected 0" check="jobs has 60 rows: actual 60, expected 60" .*reason="waits for approval by dba and no job is open \(2 rows, expected 0\)"$/m,
  );
  expect(waits.err.endsWith(`Next:  lockstep approve ${file} --gate drained\nthen:  lockstep apply ${file}\n`)).toBe(
    true,
  );
  expect(waits.out).toMatch(/^✔ 1 check holds, 1 is waited for$/m);
  expect(waits.out).toMatch(new RegExp(`^◷ {2}drained › no job is open +2 rows, expected 0 +${file}:8:11$`, 'm'));
  expect(waits.out).toMatch(/^ {4}id 1 {3}note •••$/m);
  expect(waits.out).toMatch(/^◷ drained waits for approval by dba and no job is open \(2 rows, expected 0\)$/m);
  expect(waits.out + waits.err).not.toContain('secret');

  const status = await lockstep(['status', 'drain'], { env });
  expect(status.out).toMatch(/^ {5}◷ {2}no job is open +2 rows, expected 0$/m);
  expect(status.out).toMatch(/^ {5}✔ {2}jobs has 60 rows +actual 60, expected 60$/m);
  const { report } = JSON.parse((await lockstep(['status', 'drain', '--json'], { env })).out) as {
    report: { run: { operations: readonly { readonly outcome: unknown }[] } };
  };
  expect(report.run.operations[0]!.outcome).toMatchObject({
    missing: ['approval', 'until'],
    until: [
      {
        name: 'no job is open',
        answer: {
          violations: 2,
          samples: [
            { id: 1, note: '•••' },
            { id: 2, note: '•••' },
          ],
        },
      },
      { check: 'row_count', answer: { violations: 0, figures: { actual: 60, expected: 60 } } },
    ],
  });

  // How far it is, without another turn; waiting is no failure.
  const verified = await lockstep(['verify', file], { env });
  expect(verified).toMatchObject({ exit: 0, err: '' });
  expect(verified.out).toMatch(/^drain {3}✔ 1 check holds, 1 is waited for\n/);

  expect((await lockstep(['approve', file, '--gate', 'drained'], { env })).exit).toBe(0);
  const still = await lockstep(['apply', file], { env });
  expect(still.exit).toBe(6);
  // Not the approval again.
  expect(still.err.endsWith(`\nNext:  lockstep apply ${file}\n`)).toBe(true);
  expect((await lockstep(['status', file], { env })).out).toMatch(/\nNext: {2}lockstep apply \S+\n$/);
  await query('UPDATE jobs SET done = true');
  const done = await lockstep(['apply', file], { env });
  expect(done.exit).toBe(0);
  expect(done.out).toMatch(/^✔ 2 checks hold$/m);
  // Behind the gate nobody waits any more.
  await query('UPDATE jobs SET done = false WHERE id = 5');
  expect((await lockstep(['verify', file], { env })).exit).toBe(0);
});
