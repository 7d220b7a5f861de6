/** A process that is killed with SIGKILL at random moments, again and again: every row exactly once, both ways. */
import { expect, it } from 'vitest';

import { testDatabase } from '../support/database.js';
import { compileForProcesses } from './support/compile-for-processes.js';
import { killUntil, type Kills } from './support/kill-until.js';
import { printedRandom, ROUNDS, say } from './support/random.js';
import { writePlan } from './support/run-plan.js';
import type { WrongJournal } from './seeds/wrong-journals.js';

const random = printedRandom('test/faults/kill-nine.test.ts');
const folder = await compileForProcesses();

/** Rows by how often they were filled: `{ '1': 100000 }`. */
async function filled(database: Awaited<ReturnType<typeof testDatabase>>): Promise<Record<string, number>> {
  const rows = await database.query<{ n: number; rows: number }>(
    'SELECT n, count(*)::int AS rows FROM item GROUP BY n ORDER BY n',
  );
  return Object.fromEntries(rows.map((row) => [String(row.n), row.rows]));
}

/** One snapshot of rows and checkpoints: they differ where a commit held one without the other. */
async function checkpointsAreTrue(database: Awaited<ReturnType<typeof testDatabase>>): Promise<boolean> {
  const rows = `SELECT (SELECT sum(n) FROM item) = (SELECT sum(rows_changed) FROM lockstep.range) AS same`;
  return (await database.value(rows)) === true;
}

function tell(what: string, { between, missed, atBatches }: Kills): void {
  say(
    `${what}: ${between} kills between first and last commit (after batch ${atBatches.join(', ')}), ${missed} elsewhere`,
  );
}

const ITEM = `CREATE TABLE item (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0) WITH (fillfactor = 60);
  INSERT INTO item (id) SELECT 3 * g FROM generate_series(1, ROWS) AS g; ANALYZE item`;

async function fillOf(rows: number, workers: number) {
  const database = await testDatabase();
  await database.query(ITEM.replace('ROWS', String(rows)));
  const { file, name } = await writePlan(
    'bump',
    `defaults: { workers: ${workers} }
steps:
  - id: bump
    backfill: { table: item, set: { n: n + 1 }, workers: ${workers}, batch: { rows: 1000, target: "off" } }
`,
  );
  return { database, plan: { url: database.url, file, name } };
}

for (let round = 1; round <= ROUNDS; round++) {
  it(`an in-place fill that is not idempotent does 100,000 rows exactly once, and takes each back (round ${round})`, async () => {
    const { database, plan } = await fillOf(100_000, 2);
    const kills = { folder, plan, database, random };
    const enough = async (): Promise<boolean> => {
      expect(await checkpointsAreTrue(database)).toBe(true);
      return false;
    };
    const there = await killUntil({ ...kills, action: 'apply', wanted: 10, patience: 4, enough });
    tell('fill', there);
    expect(there.end, there.end.output).toMatchObject({ exitCode: 0 });
    expect(await filled(database)).toEqual({ '1': 100_000 });

    const back = await killUntil({ ...kills, action: 'rollback', wanted: 3, patience: 4 });
    tell('its way back', back);
    expect(back.end, back.end.output).toMatchObject({ exitCode: 0 });
    expect(await filled(database)).toEqual({ '0': 100_000 });
  });

  it(`a copy that skips what is there has each row once, in sync, and leaves what was there (round ${round})`, async () => {
    const database = await testDatabase();
    await database.query(
      `CREATE TABLE source (id bigint PRIMARY KEY, word text, at timestamptz NOT NULL);
       CREATE TABLE target (id bigint PRIMARY KEY, word text, at timestamptz NOT NULL, copies int NOT NULL DEFAULT 1);
       INSERT INTO source SELECT g, CASE WHEN g % 7 > 0 THEN 'word ' || g END, timestamptz '2026-01-01' + g * interval '1 microsecond'
         FROM generate_series(1, 60000) AS g;
       INSERT INTO target SELECT id, word, at, 7 FROM source WHERE id % 1000 = 0;
       ANALYZE source, target`,
    );
    const { file, name } = await writePlan(
      'copy',
      `mappings:
  copied: { from: source, to: target, columns: { id: id, word: word, at: at } }
steps:
  - id: fill
    backfill: { mappings: [copied], on_conflict: skip, batch: { rows: 1000, target: "off" } }
  - id: proof
    verify:
      - in_sync: [copied]
`,
    );
    const plan = { url: database.url, file, name };
    const there = await killUntil({ folder, plan, database, random, action: 'apply', wanted: 4, patience: 4 });
    tell('copy', there);
    expect(there.end, there.end.output).toMatchObject({ exitCode: 0 });
    const [after] = await database.query(
      `SELECT count(*)::int AS rows, (count(*) FILTER (WHERE copies = 7))::int AS before, (SELECT count(*)::int FROM lockstep.already_there) AS noted,
         (SELECT count(*)::int FROM source AS s FULL JOIN target AS t USING (id) WHERE (s.word, s.at) IS DISTINCT FROM (t.word, t.at)) AS differing FROM target`,
    );
    expect(after).toEqual({ rows: 60_000, before: 60, noted: 60, differing: 0 });

    const back = await killUntil({ folder, plan, database, random, action: 'rollback', wanted: 2, patience: 4 });
    tell('its way back', back);
    expect(back.end, back.end.output).toMatchObject({ exitCode: 0 });
    expect(
      await database.query('SELECT count(*)::int AS rows, min(copies) AS least, max(copies) AS most FROM target'),
    ).toEqual([{ rows: 60, least: 7, most: 7 }]);
  });
}

const WRONG: readonly (readonly [WrongJournal, string])[] = [
  ['checkpoint after the rows', 'does rows twice'],
  ['checkpoint ahead of the rows', 'leaves rows out'],
];

it.each(WRONG)('catches the wrong design "%s", which %s', async (wrong) => {
  // One worker: so that nothing but the kills shows the mistake.
  const { database, plan } = await fillOf(60_000, 1);
  const kills = { folder, database, random, action: 'apply', patience: 2 } as const;
  // Whether a kill falls between the two commits is chance, and one that does is enough.
  const enough = async (): Promise<boolean> => !(await checkpointsAreTrue(database));
  const there = await killUntil({ ...kills, plan: { ...plan, wrong }, wanted: 20, enough });
  tell(wrong, there);
  expect(there.end, there.end.output).toMatchObject({ exitCode: 0 });
  const rows = await filled(database);
  expect(rows).not.toEqual({ '1': 60_000 });
  expect(rows[wrong === 'checkpoint after the rows' ? '2' : '0']).toBeGreaterThan(0);
});
