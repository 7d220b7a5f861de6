/**
 * Two clients that want one row of the old side for two rows of the new one, at the same moment: an account can have one
 * handle, and the table of handles could hold two. One of them is told no; whoever was acknowledged is there, on both sides.
 */
import { expect, it, onTestFinished } from 'vitest';

import type { Session } from '../../../src/executor/session.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { ledgerPlan, ledgerTables } from './ledger/ledger-tables.js';
import { newSide } from './ledger/new-side.js';
import { oldSide } from './ledger/old-side.js';
import { readLedger } from './ledger/read-ledger.js';

const SIZE = { branches: 1, perBranch: 30, batch: 25 };
/** Is kept for ever, and has no handle at first. */
const ACCOUNT = { branch: 1, id: 1 };

it.each([
  ['the old side and the new one', oldSide],
  ['the new side twice', newSide],
])('%s', async (_, first) => {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(ledgerTables(SIZE));
  const applied = await planOn(
    test.database,
    `lockstep: 1\nname: ledger\n${ledgerPlan(SIZE, { direction: 'both' })}`,
  ).apply();
  expect(applied.exit, told(applied)).toBe(6);
  const other = new PgDatabase({ url: test.url });
  onTestFinished(() => other.close());
  let pid = 0;
  const second = async (session: Session): Promise<void> => {
    pid = (await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
    await newSide.claim(session, ACCOUNT, 'second', '2');
  };
  let ended: Promise<string> | undefined;
  await test.database.transaction(async (session) => {
    await first.claim(session, ACCOUNT, 'first', '1');
    ended = other.transaction(second).then(
      () => 'acknowledged',
      (error: unknown) => String(error),
    );
    await expect
      .poll(() => test.value('SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1', [pid]))
      .toBe('Lock');
  });
  expect(await ended).toContain('does not fit into');
  const { disagreements, old } = await readLedger(test.database);
  expect(disagreements).toEqual([]);
  expect(old.claim.get('1')).toEqual(['1/1 has first']);
});
