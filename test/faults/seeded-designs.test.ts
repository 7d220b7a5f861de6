/**
 * Wrong designs that are known to be wrong, one by one: the wrong one first, which the test must catch, then ours in the
 * same scenario. Those that need a killed process, a frozen one or a broken connection are in the files beside.
 */
import { describe, expect, it, onTestFinished } from 'vitest';

import type { Database } from '../../src/executor/session.js';
import { systemClock } from '../../src/kernel/clock.js';
import type { Journal } from '../../src/executor/journal.js';
import { postgresJournal } from '../../src/postgres/journal/journal.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { throughDate, throughNumber, withKeys } from './seeds/mangled-cursors.js';
import {
  beforeImageOverEdits,
  foldedRowsUnseen,
  noConflictRule,
  noRowLock,
  noRowLockOnTheWayBack,
  provenanceIgnored,
  rightGraph,
  withoutOneToOneProof,
  type ChangeGraph,
} from './seeds/wrong-graphs.js';
import { WRONG_JOURNALS } from './seeds/wrong-journals.js';
import { WAITING } from './support/ddl-operations.js';
import { apply, beginWith, rollback, writePlan, type WrittenPlan } from './support/run-plan.js';

/** What a scenario found wrong; empty where all is well. */
type Violations = readonly string[];

/** A database and a plan of its own for each of the two runs. */
async function fresh(setUp: string, text: string): Promise<TestDatabase & { readonly plan: WrittenPlan }> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(setUp);
  return { ...test, plan: await writePlan('seeded', text) };
}

async function compare(wrong: () => Promise<Violations>, right: () => Promise<Violations>): Promise<void> {
  expect(await wrong(), 'the wrong design was not caught').not.toEqual([]);
  expect(await right()).toEqual([]);
}

/** Rows that were not filled exactly once. */
async function notOnce({ query }: TestDatabase): Promise<Violations> {
  const rows = await query<{ id: string; n: number }>('SELECT id::text, n FROM item WHERE n <> 1 ORDER BY id LIMIT 5');
  return rows.map(({ id, n }) => `row ${id} was filled ${n} times`);
}

const FILL = (rows: number): string => `defaults: { workers: 2 }
steps:
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: ${rows}, target: "off" } }
`;

const COPY = (more = ''): string => `mappings:
  copied: { from: source, to: target, columns: { id: id, word: word }${more} }
steps:
  - id: fill
    backfill: { mappings: [copied], on_conflict: skip, batch: { rows: 100, target: "off" } }
`;

const SOURCE = `CREATE TABLE source (id int PRIMARY KEY, word text);
  CREATE TABLE target (id int PRIMARY KEY, word text);
  INSERT INTO source SELECT g, 'word ' || g FROM generate_series(1, 500) AS g`;

describe('a cursor', () => {
  /** Stops a walk that does not get on: twenty times the batches that it should take. */
  async function walked(type: string, keys: string, through: (database: Database) => Database): Promise<Violations> {
    const test = await fresh(
      `CREATE TABLE item (id ${type} PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item (id) SELECT ${keys} FROM generate_series(0, 1001) AS g`,
      FILL(100),
    );
    const stop = new AbortController();
    let batches = 0;
    const observe = ({ type: event }: { readonly type: string }): void => {
      if (event === 'progress' && ++batches > 200) stop.abort();
    };
    const { exit } = await apply(test.plan, through(test.database), { observe, stop: stop.signal });
    const endless = stop.signal.aborted ? [`no end after ${batches} batches`] : exit === 0 ? [] : [`exit ${exit}`];
    return [...endless, ...(await notOnce(test))];
  }
  const same = (database: Database): Database => database;

  it('in milliseconds loses rows that microseconds tell apart', () => {
    const keys = `timestamptz '2026-03-29 00:59:59.999500+00' + g * interval '1 microsecond'`;
    const run = (through: (database: Database) => Database) => () => walked('timestamptz', keys, through);
    return compare(
      run((database) => withKeys(database, throughDate)),
      run(same),
    );
  });

  // The greatest key must round down: where it rounds up, the mistake does not show.
  it('as a number loses rows beyond 2^53', () => {
    const run = (through: (database: Database) => Database) => () =>
      walked('bigint', '9007199254740991 + 2 * g', through);
    return compare(
      run((database) => withKeys(database, throughNumber)),
      run(same),
    );
  });
});

it('an empty claim is not the end: another connection may hold what is left', () => {
  async function withHeldRange(journal: (elsewhere: Database) => Journal): Promise<Violations> {
    const test = await fresh(
      'CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item (id) SELECT generate_series(1, 1000)',
      FILL(100),
    );
    const real = journal(test.database);
    let held: Promise<unknown> | undefined;
    let markHeld: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => (markHeld = resolve));
    const claimRange: Journal['claimRange'] = async (session, run, id) => {
      // As a connection that was cut off and whose server process does not know it yet: it holds the range, then goes.
      held ??= test.database.transaction(async (other) => {
        await other.query('SELECT FROM lockstep.range FOR UPDATE');
        markHeld();
        await systemClock.sleep(600);
      });
      await isHeld;
      return real.claimRange(session, run, id);
    };
    const { exit } = await apply(test.plan, test.database, { journal: { ...real, claimRange } });
    await held;
    return exit === 0 ? notOnce(test) : [`exit ${exit}`];
  }
  return compare(
    () => withHeldRange(WRONG_JOURNALS['empty claim taken for finished']),
    () => withHeldRange(() => postgresJournal),
  );
});

it('going on does not step over a check that failed', () => {
  async function twice(journal: (elsewhere: Database) => Journal): Promise<Violations> {
    const test = await fresh(
      'CREATE TABLE item (id int PRIMARY KEY, word text); INSERT INTO item VALUES (1, NULL)',
      `steps:
  - id: proof
    verify:
      - no_nulls: { table: item, columns: [word] }
  - id: destroy
    sql: { up: DELETE FROM item, down: SELECT 1 }
`,
    );
    const first = await apply(test.plan, test.database, { journal: journal(test.database) });
    const again = await apply(test.plan, test.database, { journal: journal(test.database) });
    expect(first.exit).toBe(4);
    const rows = await test.value('SELECT count(*)::int FROM item');
    return [...(again.exit === 4 ? [] : [`exit ${again.exit}`]), ...(rows === 1 ? [] : ['the step behind it has run'])];
  }
  return compare(
    () => twice(WRONG_JOURNALS['past a failed check']),
    () => twice(() => postgresJournal),
  );
});

it('deleting the conflict rule fails a run whose target holds a row already', () => {
  async function overOneRow(change: ChangeGraph): Promise<Violations> {
    const test = await fresh(`${SOURCE}; INSERT INTO target SELECT * FROM source WHERE id = 250`, COPY());
    await beginWith(test.plan, test.database, change);
    const { exit, diagnostics } = await apply(test.plan, test.database);
    const rows = await test.value('SELECT count(*)::int FROM target');
    return exit === 0 && rows === 500
      ? []
      : [`exit ${exit}, ${String(rows)} rows`, ...diagnostics.map((d) => d.summary)];
  }
  return compare(
    () => overOneRow(noConflictRule),
    () => overOneRow(rightGraph),
  );
});

it('a batch notices that source rows fold into one target row, also where the proof before it is old', () => {
  async function folding(change: ChangeGraph): Promise<Violations> {
    const test = await fresh(
      `${SOURCE}; UPDATE source SET word = 'word 1' WHERE id = 3; ALTER TABLE target DROP COLUMN id, ADD PRIMARY KEY (word)`,
      `mappings:
  copied: { from: source, to: target, columns: { word: word } }
steps:
  - id: fill
    backfill: { mappings: [copied], on_conflict: skip, batch: { rows: 100, target: "off" } }
`,
    );
    // The proof before the first batch would refuse it; it stands for one that was true when it was made.
    await beginWith(test.plan, test.database, (graph) => change(withoutOneToOneProof(graph)));
    const { exit, diagnostics } = await apply(test.plan, test.database);
    const told = diagnostics.some(({ code }) => code === 'LS9004');
    return exit !== 0 && told ? [] : [`exit ${exit}, and 500 source rows have become fewer target rows`];
  }
  return compare(
    () => folding(foldedRowsUnseen),
    () => folding(rightGraph),
  );
});

it('a fill without row locks overwrites what a client commits meanwhile', () => {
  async function againstClient(change: ChangeGraph): Promise<Violations> {
    const test = await fresh(
      'CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item (id) SELECT generate_series(1, 100)',
      FILL(100),
    );
    await beginWith(test.plan, test.database, change);
    let running: ReturnType<typeof apply> | undefined;
    await test.database.transaction(async (client) => {
      await client.query('UPDATE item SET n = n + 10 WHERE id = 50');
      running = apply(test.plan, test.database);
      // Until a batch waits for the client's row.
      while ((await test.query(WAITING)).length === 0) await systemClock.sleep(5);
    });
    const { exit } = await running!;
    const n = await test.value('SELECT n FROM item WHERE id = 50');
    return exit === 0 && n === 11 ? [] : [`exit ${exit}, n = ${String(n)} instead of 11`];
  }
  return compare(
    () => againstClient(noRowLock),
    () => againstClient(rightGraph),
  );
});

it('a way back that ignores whose rows they are deletes rows of others', () => {
  async function takenBack(change: ChangeGraph): Promise<Violations> {
    const test = await fresh(`${SOURCE}; INSERT INTO target SELECT * FROM source WHERE id = 1`, COPY());
    await beginWith(test.plan, test.database, change);
    expect((await apply(test.plan, test.database)).exit).toBe(0);
    await test.query(
      `INSERT INTO target VALUES (1000, 'a row of the application'); UPDATE target SET word = 'edited' WHERE id = 2`,
    );
    expect((await rollback(test.plan, test.database)).exit).toBe(0);
    const left = (await test.query<{ id: number }>('SELECT id FROM target ORDER BY id')).map(({ id }) => id);
    return [1, 2, 1000].every((id) => left.includes(id)) && left.length === 3 ? [] : [`left: ${left.join(', ')}`];
  }
  return compare(
    () => takenBack(provenanceIgnored),
    () => takenBack(rightGraph),
  );
});

it('a way back without row locks takes rows of others along that a client commits meanwhile', () => {
  async function againstClient(change: ChangeGraph): Promise<Violations> {
    const test = await fresh(
      `${SOURCE}; CREATE TABLE hang (target_id int REFERENCES target ON DELETE CASCADE)`,
      COPY(),
    );
    await beginWith(test.plan, test.database, change);
    expect((await apply(test.plan, test.database)).exit).toBe(0);
    let running: ReturnType<typeof rollback> | undefined;
    await test.database.transaction(async (client) => {
      await client.query('INSERT INTO hang VALUES (250)');
      running = rollback(test.plan, test.database);
      while ((await test.query(WAITING)).length === 0) await systemClock.sleep(5);
    });
    const { exit } = await running!;
    const left = await test.query('SELECT target_id, target.id FROM hang FULL JOIN target ON id = target_id');
    const right = JSON.stringify([{ target_id: 250, id: 250 }]);
    return exit === 0 && JSON.stringify(left) === right ? [] : [`exit ${exit}, left: ${JSON.stringify(left)}`];
  }
  return compare(
    () => againstClient(noRowLockOnTheWayBack),
    () => againstClient(rightGraph),
  );
});

it('a before-image is not put over what a user has written since', () => {
  async function takenBack(change: ChangeGraph): Promise<Violations> {
    const test = await fresh(
      'CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO item (id) SELECT generate_series(1, 100)',
      FILL(100),
    );
    await beginWith(test.plan, test.database, change);
    expect((await apply(test.plan, test.database)).exit).toBe(0);
    await test.query('UPDATE item SET n = 77 WHERE id = 7');
    expect((await rollback(test.plan, test.database)).exit).toBe(0);
    const values = await test.query<{ n: number }>('SELECT DISTINCT n FROM item ORDER BY n');
    const seen = values.map(({ n }) => n).join(', ');
    return seen === '0, 77' ? [] : [`values ${seen} instead of 0, 77`];
  }
  return compare(
    () => takenBack(beforeImageOverEdits),
    () => takenBack(rightGraph),
  );
});
