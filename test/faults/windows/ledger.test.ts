/**
 * Clients keep a ledger on tables that a window splits: eight at once, hot keys, every isolation level, connections that break
 * in the midst of COMMIT. Meanwhile the plan is driven by processes that are killed: there, back, there again, closed. What
 * they were told is the oracle. LOCKSTEP_FAULTS_LEDGER_MINUTES says for how long; default 2.
 */
import { afterAll, expect, it } from 'vitest';

import { approveCommand } from '../../../src/commands/approve.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { compileForProcesses } from '../support/compile-for-processes.js';
import { printedRandom, randomFrom, say } from '../support/random.js';
import { waitingProcesses } from '../support/start-plan-process.js';
import { drive, type Driven } from './ledger/drive-window.js';
import { judge, wrongs } from './ledger/judge-ledger.js';
import { startRound, type Look } from './ledger/ledger-round.js';
import { newSide } from './ledger/new-side.js';
import { oldSide } from './ledger/old-side.js';

const MINUTES = Number(process.env['LOCKSTEP_FAULTS_LEDGER_MINUTES'] ?? '') || 2;
const random = printedRandom('test/faults/windows/ledger.test.ts');
const processes = waitingProcesses(compileForProcesses(), 2);
afterAll(() => processes.end());

const SIZE = { branches: 4, perBranch: 1_500, batch: 25 };
const CLIENTS = 8;

it('clients lose nothing', { timeout: (MINUTES + 5) * 60_000 }, async () => {
  const round = await startRound({
    size: SIZE,
    random: randomFrom(random.below(2 ** 31)),
    clients: CLIENTS,
    direction: 'both',
    faults: 4,
  });
  const { test, plan, log, first } = round;
  const killedIn: string[] = [];
  const driven: Driven = { test, plan, processes, random, killedIn };
  const status = () => test.value('SELECT status FROM lockstep.run ORDER BY id DESC LIMIT 1');
  const done = (what: string) => async () => (await status()) === what;
  const at = (gate: string) => async () =>
    (await test.value(
      `SELECT state FROM lockstep.operation WHERE run_id = (SELECT max(id) FROM lockstep.run) AND starts_with(id, $1)`,
      [gate],
    )) === 'waiting';
  const approve = async (gate: string) => {
    const { exit, diagnostics } = await approveCommand({
      database: test.database,
      run: plan.name,
      argument: plan.file,
      gate,
      comment: null,
    });
    expect(exit, JSON.stringify(diagnostics)).toBe(0);
  };
  const looks: Record<string, Look> = {};
  const look = async (what: string) => {
    looks[what] = await round.look();
  };
  await drive(driven, { action: 'apply', reached: at('soak'), kills: 3, killWithinMs: 4000 });
  await look('filled');
  round.move((c) => c % 2 === 0, newSide);
  await systemClock.sleep(3000);
  await look('mixed');
  await approve('soak');
  await drive(driven, { action: 'apply', reached: at('settled'), kills: 2, killWithinMs: 1500 });
  await look('cut over');
  round.move((c) => c > 1, newSide);
  await systemClock.sleep(3000);
  await look('after');
  round.move(() => true, oldSide);
  await systemClock.sleep(1000);
  await drive(driven, { action: 'rollback', reached: done('rolled back'), kills: 2, killWithinMs: 2000 });
  await look('taken back');
  await drive(driven, { action: 'apply', reached: at('soak'), kills: 1, killWithinMs: 4000 });
  round.move((c) => c % 2 === 0, newSide);
  await approve('soak');
  await drive(driven, { action: 'apply', reached: at('settled'), kills: 1, killWithinMs: 1500 });
  await look('cut over again');
  round.move(() => true, newSide);
  await approve('settled');
  await systemClock.sleep(2000);
  await drive(driven, { action: 'apply', reached: done('done'), kills: 2, killWithinMs: 1500 });
  await systemClock.sleep(500);
  await round.stop();
  await look('closed');
  say(
    JSON.stringify({
      n: log.writes.length,
      ack: log.count('acknowledged'),
      failed: log.count('failed'),
      unknown: log.count('unknown'),
      intended: log.count('intended'),
      conflicts: [...log.conflicts],
      taken: log.taken,
      refused: log.refused,
      hot: log.hot / log.keys,
      killedIn,
    }),
  );
  expect(log.errors.slice(0, 20)).toEqual([]);
  for (const [what, { sides, acknowledged }] of Object.entries(looks)) {
    say(`${what}: old ${sides.old.entries.size}, new ${sides.new.entries.size} ${sides.disagreements.length}`);
    const last = what === 'closed';
    expect
      .soft(wrongs(judge(log, first.old, sides.old, last ? new Set() : acknowledged)), `${what}, old side`)
      .toEqual([]);
    if (what === 'taken back') continue;
    expect.soft(wrongs(judge(log, first.old, sides.new, acknowledged)), `${what}, new side`).toEqual([]);
  }
});
