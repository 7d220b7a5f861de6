/** Wrong designs of keys that change, and of rows that are not what their event says: the wrong one first, then ours. */
import { expect, it, onTestFinished } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { rightGraph, type ChangeGraph } from '../seeds/wrong-graphs.js';
import {
  keyChangeIsAnotherRow,
  keyMovesWhoeverRefers,
  keysByTheirSpelling,
  movesInAnyOrder,
  rowOfTheEvent,
} from '../seeds/wrong-windows.js';
import { apply, beginWith, writePlan } from '../support/run-plan.js';

const PLAN = `mappings:
  m1: { from: source, to: target, columns: { id: id, n: n } }
steps:
  - id: in-step
    dual_write: { mappings: [m1] }
  - id: fill
    backfill: { mappings: [m1] }
  - id: proof
    verify:
      - in_sync: [m1]
`;
const TABLES = `CREATE TABLE source (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO source SELECT generate_series(1, 9);
  CREATE TABLE target (id int PRIMARY KEY, n int NOT NULL, note text)`;
const trigger = (
  body: string,
  event: string,
): string => `CREATE FUNCTION app() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NULL; END $$;
  CREATE TRIGGER app AFTER ${event} ON source FOR EACH ROW EXECUTE FUNCTION app()`;

/** The window is filled, somebody writes; what a query says then, or the error. */
async function written(tables: string, change: ChangeGraph, writes: string, answer: string): Promise<unknown> {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(tables);
  const plan = await writePlan('moving', PLAN);
  await beginWith(plan, test.database, change);
  expect((await apply(plan, test.database)).exit).toBe(0);
  try {
    await test.query(writes);
  } catch (error) {
    return String(error);
  }
  return test.value(answer);
}

const PARTED = `SELECT count(*)::int FROM source FULL JOIN target USING (id) WHERE source.n IS DISTINCT FROM target.n OR target.id IS NULL OR source.id IS NULL`;

it('a mirror that takes the row of its event for the row writes an older one last', async () => {
  const tables = `${TABLES}; ${trigger('UPDATE public.source SET n = n + 1 WHERE id = NEW.id - 1', 'INSERT')}`;
  const insert = 'INSERT INTO source VALUES (101), (100)';
  expect(await written(tables, rowOfTheEvent, insert, PARTED), 'the wrong design was not caught').toBe(1);
  expect(await written(tables, rightGraph, insert, PARTED)).toBe(0);
});

it('a key change that is a DELETE and an INSERT loses what hangs on the row', async () => {
  const update = `UPDATE target SET note = 'kept'; UPDATE source SET id = 100 WHERE id = 1`;
  const lost = 'SELECT count(*)::int FROM target WHERE note IS NULL';
  expect(await written(TABLES, keyChangeIsAnotherRow, update, lost), 'the wrong design was not caught').toBe(1);
  expect(await written(TABLES, rightGraph, update, lost)).toBe(0);
});

it('a row that is deleted for its key to change, asking nobody, takes rows of others along', async () => {
  const tables = `${TABLES.replace('target (id int PRIMARY KEY', 'target (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY')};
    CREATE TABLE hangs (id int REFERENCES target ON DELETE CASCADE)`;
  const update = 'INSERT INTO hangs VALUES (1); UPDATE source SET id = 100 WHERE id = 1';
  const left = 'SELECT count(*)::int FROM hangs';
  expect(await written(tables, keyMovesWhoeverRefers, update, left), 'the wrong design was not caught').toBe(0);
  expect(await written(tables, rightGraph, update, left)).toMatch(/does not change while others refer to the row/);
});

it('moves that are followed in the order of their events, and not of the writes, lose a row or meet another', async () => {
  const tables = `${TABLES}; ${trigger('UPDATE public.source SET id = 200 WHERE id = 102', 'UPDATE OF id')}`;
  const update = `UPDATE target SET note = 'kept'; UPDATE source SET id = 100 + id WHERE id < 4`;
  const lost = 'SELECT count(*)::int FROM target WHERE note IS NULL';
  expect(await written(tables, movesInAnyOrder, update, lost), 'the wrong design was not caught').not.toBe(0);
  expect(await written(tables, rightGraph, update, lost)).toBe(0);
});

it('a key that is noted as it was spelled is deleted and lives at the same time', async () => {
  const tables = `CREATE EXTENSION citext; ${TABLES.replaceAll('id int', 'id citext')}`;
  const again = `DELETE FROM source WHERE id = '5'; INSERT INTO source VALUES ('Ab'); DELETE FROM source WHERE id = 'aB'; INSERT INTO source VALUES ('AB')`;
  const lives = `SELECT count(*)::int FROM lockstep.tombstone JOIN target ON target.id = key[1]::citext`;
  expect(await written(tables, keysByTheirSpelling, again, lives), 'the wrong design was not caught').toBe(1);
  expect(await written(tables, rightGraph, again, lives)).toBe(0);
});
