/**
 * The application behind PgBouncer in transaction mode: what a mirror leaves in a session would be the next client's. The
 * ledger is kept through it, on both sides, around a cutover and back.
 */
import { expect, it, onTestFinished } from 'vitest';

import { approveCommand } from '../../../src/commands/approve.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { testDatabase } from '../../support/database.js';
import { told } from '../../support/plan-on-database.js';
import { printedRandom, say } from '../support/random.js';
import { apply, rollback } from '../support/run-plan.js';
import { pgbouncer, startTransactionPooler } from '../support/transaction-pooler.js';
import { runIs, waitsAt } from './ledger/drive-window.js';
import { judge, wrongs } from './ledger/judge-ledger.js';
import { startRound } from './ledger/ledger-round.js';
import { newSide } from './ledger/new-side.js';
import { oldSide } from './ledger/old-side.js';

const random = printedRandom('test/faults/windows/clients-behind-pooler.test.ts');
const program = pgbouncer();
if (program === undefined) say('clients behind a transaction pooler: skipped, pgbouncer is not installed');
const SIZE = { branches: 2, perBranch: 900, batch: 25 };

it.skipIf(program === undefined)('clients behind a transaction pooler lose nothing', async () => {
  const on = await testDatabase({ after: onTestFinished });
  const pooler = await startTransactionPooler(program!, on.url);
  onTestFinished(() => pooler.close());
  const round = await startRound({
    ...{ size: SIZE, random, clients: 8, direction: 'both', faults: 0 },
    ...{ on, clientUrl: pooler.url },
  });
  const { plan, log, first } = round;
  const until = async (command: typeof apply | typeof rollback, reached: () => Promise<boolean>): Promise<void> => {
    const said: string[] = [];
    while (said.length < 10) {
      said.push(told(await command(plan, on.database)));
      if (await reached()) return;
    }
    throw new Error(said.join('\n'));
  };
  await until(apply, waitsAt({ test: on }, 'soak'));
  round.move((client) => client % 2 === 0, newSide);
  await systemClock.sleep(1_500);
  round.think(100);
  await approveCommand({ database: on.database, run: plan.name, argument: plan.file, gate: 'soak', comment: null });
  await until(apply, waitsAt({ test: on }, 'settled'));
  const cut = await round.look();
  round.move(() => true, oldSide);
  await systemClock.sleep(1_000);
  await until(rollback, runIs({ test: on }, 'rolled back'));
  await round.stop();
  const back = await round.look();
  say(`clients behind a transaction pooler: ${back.acknowledged.size} writes acknowledged`);
  expect(cut.sides.disagreements).toEqual([]);
  expect(wrongs(judge(log, first.old, cut.sides.new, cut.acknowledged))).toEqual([]);
  expect(wrongs(judge(log, first.old, back.sides.old, back.acknowledged))).toEqual([]);
  expect([...back.sides.new.row.values()]).toEqual([]);
  expect(log.errors.slice(0, 20)).toEqual([]);
});
