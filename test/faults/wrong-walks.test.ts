/** Wrong designs of walks, inserts and going on: the wrong one first, which the test must catch, then ours. */
import { expect, it, onTestFinished } from 'vitest';

import { compileForDatabase } from '../../src/commands/compile-for-database.js';
import { openPlan } from '../../src/commands/open-plan.js';
import type { Database } from '../../src/executor/session.js';
import type { RunEvent } from '../../src/executor/run-event.js';
import { testDatabase } from '../support/database.js';
import { rightGraph, type ChangeGraph } from './seeds/wrong-graphs.js';
import { bareConflictRule, byNullableKey, byOffset } from './seeds/wrong-walks.js';
import { apply, beginWith, writePlan } from './support/run-plan.js';

type Violations = readonly string[];

async function fresh(setUp: string, text: string) {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(setUp);
  return { ...test, plan: await writePlan('walked', text) };
}

const FILL = `defaults: { workers: 1 }
steps:
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 100, target: "off" } }
`;

it('a walk along a key that may be NULL leaves rows out; such a key is refused', async () => {
  const setUp = `CREATE TABLE item (id int PRIMARY KEY, code int UNIQUE, n int NOT NULL DEFAULT 0);
    INSERT INTO item (id, code) SELECT g, NULLIF(g, 7) FROM generate_series(1, 500) AS g`;
  async function unfilled(change: ChangeGraph): Promise<Violations> {
    const test = await fresh(setUp, FILL);
    await beginWith(test.plan, test.database, change);
    expect((await apply(test.plan, test.database)).exit).toBe(0);
    const rows = await test.query<{ id: number }>('SELECT id FROM item WHERE n <> 1');
    return rows.map(({ id }) => `row ${id} was never filled`);
  }
  // Sorted downwards NULL comes first: the greatest key is none, and nothing is up to it.
  expect(await unfilled(byNullableKey('code', 'integer')), 'the wrong design was not caught').not.toEqual([]);
  expect(await unfilled(rightGraph)).toEqual([]);
  const chosen = await fresh(setUp, FILL.replace('table: item,', 'table: item, walk: item_code_key,'));
  expect((await apply(chosen.plan, chosen.database)).exit).not.toBe(0);
  expect(await chosen.query('SELECT DISTINCT n FROM item')).toEqual([{ n: 0 }]);
});

it('pages by OFFSET leave out as many rows as are deleted before them', async () => {
  async function whileDeleting(through: (database: Database) => Database): Promise<Violations> {
    const test = await fresh(
      `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
       INSERT INTO item (id) SELECT g FROM generate_series(1, 500) AS g`,
      FILL,
    );
    let deleting: Promise<unknown> | undefined;
    const observe = (event: RunEvent): void => {
      if (event.type === 'progress') deleting ??= test.query('DELETE FROM item WHERE id <= 3');
    };
    // The deletion is over before the next page: the walk waits for it where it asks for the next range.
    const waiting = (database: Database): Database => ({
      transaction: (work, options) => database.transaction(work, options),
      cancelRunning: () => database.cancelRunning(),
      close: () => database.close(),
      withSession: async (work) => {
        await deleting;
        return database.withSession(work);
      },
    });
    await apply(test.plan, waiting(through(test.database)), { observe });
    const rows = await test.query<{ id: number }>('SELECT id FROM item WHERE n <> 1 ORDER BY id');
    return rows.map(({ id }) => `row ${id}`);
  }
  expect(await whileDeleting((database) => byOffset(database, 100)), 'the wrong design was not caught').not.toEqual([]);
  expect(await whileDeleting((database) => database)).toEqual([]);
});

it('a conflict rule without a target leaves out a row that another unique index is against', async () => {
  async function silentlyLost(change: ChangeGraph): Promise<Violations> {
    const test = await fresh(
      `CREATE TABLE source (id int PRIMARY KEY, word text NOT NULL);
       CREATE TABLE target (id int PRIMARY KEY, word text NOT NULL UNIQUE);
       INSERT INTO source SELECT g, 'word ' || g FROM generate_series(1, 300) AS g;
       INSERT INTO target VALUES (1000, 'word 7')`,
      `mappings:
  copied: { from: source, to: target, columns: { id: id, word: word } }
steps:
  - id: fill
    backfill: { mappings: [copied], on_conflict: skip, batch: { rows: 100, target: "off" } }
`,
    );
    await beginWith(test.plan, test.database, change);
    const { exit } = await apply(test.plan, test.database);
    const missing = await test.query<{ id: number }>(
      'SELECT id FROM source WHERE NOT EXISTS (SELECT FROM target WHERE target.id = source.id)',
    );
    return exit === 0 ? missing.map(({ id }) => `row ${id} is missing, and nobody was told`) : [];
  }
  expect(await silentlyLost(bareConflictRule), 'the wrong design was not caught').toEqual([
    'row 7 is missing, and nobody was told',
  ]);
  expect(await silentlyLost(rightGraph)).toEqual([]);
});

it('going on by compiling the plan again finds its own half of the work in the way', async () => {
  const test = await fresh(
    `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
     INSERT INTO item (id) SELECT g FROM generate_series(1, 500) AS g`,
    `defaults: { workers: 1 }
steps:
  - id: column
    ddl: ALTER TABLE item ADD COLUMN m int
  - id: fill
    backfill: { table: item, set: { m: n + 1 }, batch: { rows: 100, target: "off" } }
`,
  );
  const stop = new AbortController();
  const observe = (event: RunEvent): void => {
    if (event.type === 'progress') stop.abort();
  };
  expect((await apply(test.plan, test.database, { observe, stop: stop.signal })).exit).toBe(6);
  const opened = await openPlan({ file: test.plan.file, set: {}, env: {} });
  if (!opened.ok) throw new Error('the plan cannot be read');
  const again = await compileForDatabase(opened.value, test.database);
  expect(again.compiled, 'the wrong design was not caught').toBeUndefined();
  expect((await apply(test.plan, test.database)).exit).toBe(0);
  expect(await test.query('SELECT DISTINCT m FROM item')).toEqual([{ m: 1 }]);
});
