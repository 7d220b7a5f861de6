/**
 * The server goes down in the midst of everything and comes back, as in a failover: while a window opens, is filled, when both
 * sides are written, around the cutover, on the way back. The run goes on by itself or with the same command, and the ledger
 * of the clients holds.
 */
import { expect, it, onTestFinished } from 'vitest';

import { approveCommand } from '../../../src/commands/approve.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { startThrowawayServer } from '../../../src/postgres/server/throwaway-server.js';
import { told } from '../../support/plan-on-database.js';
import { printedRandom, say } from '../support/random.js';
import { apply, rollback } from '../support/run-plan.js';
import { runIs, waitsAt } from './ledger/drive-window.js';
import { judge, wrongs } from './ledger/judge-ledger.js';
import { startRound, type LedgerDatabase } from './ledger/ledger-round.js';
import { newSide } from './ledger/new-side.js';
import { oldSide } from './ledger/old-side.js';

const random = printedRandom('test/faults/windows/server-restart.test.ts');
const SIZE = { branches: 2, perBranch: 900, batch: 20 };
const TURNS = 15;

it('an immediate restart in each state of a window', async () => {
  const server = await startThrowawayServer();
  onTestFinished(() => server.remove());
  const on = databaseOf(server.url);
  const round = await startRound({ size: SIZE, random, clients: 6, direction: 'both', faults: 0, on });
  const { plan, log, first } = round;
  const restartedIn: string[] = [];
  const state = async (): Promise<string> =>
    String(await on.value('SELECT state FROM lockstep."window" ORDER BY run_id DESC LIMIT 1').catch(() => 'none'));
  const isUnderWay = (pattern: string) => async (): Promise<boolean> =>
    (await on.value(
      `SELECT count(*) > 0 FROM lockstep.operation WHERE run_id = (SELECT max(id) FROM lockstep.run) AND id ~ $1 AND state <> 'pending'`,
      [pattern],
    )) === true;

  /** Restarts when `begun`, or what comes first of that and the end. */
  const turn = async (
    command: typeof apply | typeof rollback,
    reached: () => Promise<boolean>,
    begun: () => Promise<boolean>,
  ): Promise<void> => {
    const results: CommandResult<unknown>[] = [];
    const over = new AbortController();
    const running = (async () => {
      for (let turns = 0; turns < TURNS && !over.signal.aborted; turns++) {
        results.push(await command(plan, on.database));
        if (await reached().catch(() => false)) over.abort();
        else await systemClock.sleep(300);
      }
    })();
    while (!over.signal.aborted && !(await begun().catch(() => false))) await systemClock.sleep(10);
    await systemClock.sleep(random.below(200));
    restartedIn.push(`${await state()}${over.signal.aborted ? ', at rest' : ''}`);
    await server.restart('immediate');
    await running;
    expect(over.signal.aborted, results.map(told).join('\n')).toBe(true);
  };
  const approve = (gate: string) =>
    approveCommand({ database: on.database, run: plan.name, argument: plan.file, gate, comment: null });

  const [waits, settled] = [waitsAt({ test: on }, 'soak'), waitsAt({ test: on }, 'settled')];
  await turn(apply, isUnderWayOr(waits, isUnderWay('fill/fill')), isUnderWay('^in-step/open'));
  await turn(apply, waits, isUnderWay('^fill/fill'));
  round.move((client) => client % 2 === 0, newSide);
  round.think(60);
  await systemClock.sleep(1_000);
  restartedIn.push(`${await state()}, both sides are written`);
  await server.restart('immediate');
  expect((await approve('soak')).exit).toBe(0);
  await turn(apply, settled, isUnderWay('^flip/'));
  await turn(apply, settled, settled);
  await systemClock.sleep(500);
  round.move(() => true, oldSide);
  await systemClock.sleep(1_500);
  await turn(rollback, runIs({ test: on }, 'rolled back'), isUnderWay('^undo/in-step/take-away'));
  await round.stop();

  const { sides, acknowledged } = await round.look();
  say(
    `restarted in: ${restartedIn.join('; ')}; ${acknowledged.size} writes acknowledged, ${log.count('unknown')} unknown`,
  );
  expect(wrongs(judge(log, first.old, sides.old, acknowledged))).toEqual([]);
  expect([...sides.new.row.values(), ...sides.new.claim.values(), ...sides.new.entries]).toEqual([]);
  expect(sides.ofOthers).toBe(0);
  expect(log.errors.slice(0, 20)).toEqual([]);
});

function isUnderWayOr(...either: readonly (() => Promise<boolean>)[]): () => Promise<boolean> {
  return async () => (await Promise.all(either.map((one) => one()))).includes(true);
}

function databaseOf(url: string): LedgerDatabase {
  const [database, observer] = [new PgDatabase({ url }), new PgDatabase({ url })];
  onTestFinished(async () => {
    await Promise.all([database.close(), observer.close()]);
  });
  const query: LedgerDatabase['query'] = async <Row>(sql: string, parameters?: readonly unknown[]) =>
    (await observer.withSession((session) => session.query<Row>(sql, parameters))).rows;
  const value: LedgerDatabase['value'] = async (sql, parameters) =>
    Object.values((await query(sql, parameters))[0] ?? {})[0];
  return { url, database, query, value };
}
