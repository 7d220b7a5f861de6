/** A full disk behind what is printed: a run goes on to its end, and its exit code is its own; a text that is lost is a failure. */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { built } from '../../support/built-program.js';
import { testDatabase } from '../../support/database.js';

const isHere = process.platform === 'linux';
if (!isHere) process.stderr.write('a full disk behind the output: skipped, there is no /dev/full\n');

const { url, query, value } = await testDatabase();
const folder = mkdtempSync(join(tmpdir(), 'lockstep-full-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const plan = join(folder, 'd.yaml');
writeFileSync(
  plan,
  'lockstep: 1\nname: d\nsteps:\n  - { id: f, backfill: { table: t, set: { n: n + 1 }, batch: { rows: 500 } } }\n',
);

/** The words, with /dev/full as one of the two streams; what the other one said. */
async function full(
  stream: 'out' | 'err',
  ...words: readonly string[]
): Promise<{ exit: number | null; said: string }> {
  await built();
  const disk = openSync('/dev/full', 'w');
  const stdio = stream === 'out' ? (['ignore', disk, 'pipe'] as const) : (['ignore', 'pipe', disk] as const);
  const child = spawn(process.execPath, ['bin/lockstep.js', ...words], {
    stdio: [...stdio],
    env: { PATH: process.env['PATH'], DATABASE_URL: url },
  });
  let said = '';
  (stream === 'out' ? child.stderr! : child.stdout!).setEncoding('utf8').on('data', (text: string) => (said += text));
  const exit = await new Promise<number | null>((resolve) => child.on('close', resolve));
  closeSync(disk);
  return { exit, said };
}

describe.runIf(isHere)('with a full disk behind it', () => {
  it('a run and its way back end as they do', async () => {
    await query(
      'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO t SELECT generate_series(1, 3000)',
    );
    const there = await full('out', 'apply', plan, '--yes', '--json', '--json-into', '/dev/full');
    expect([there.exit, await value('SELECT count(*)::int FROM t WHERE n = 1')], there.said).toEqual([0, 3000]);
    expect(there.said).toContain('What was printed on stdout is lost (ENOSPC).');
    expect(there.said).toContain('--json-into: ENOSPC');
    const back = await full('err', 'rollback', 'd', '--yes');
    expect([back.exit, await value('SELECT count(*)::int FROM t WHERE n = 0')], back.said).toEqual([0, 3000]);
  });

  it('what only prints has failed, and says so', async () => {
    const { exit, said } = await full('out', 'explain', 'LS9003');
    expect([exit, said]).toEqual([1, 'What was printed on stdout is lost (ENOSPC).\n']);
    expect((await full('err', 'validate', 'test/fixtures/err/yaml-tab.yaml')).exit).toBe(3);
  });
});
