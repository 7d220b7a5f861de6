/**
 * Clients keep a ledger on tables that a window splits: eight at once, hot keys, every isolation level, connections that break
 * in the midst of COMMIT. Meanwhile the plan is driven by processes that are killed: there, back, there again, closed. What
 * they were told is the oracle. LOCKSTEP_FAULTS_LEDGER_MINUTES says for how long; default 2.
 */
import { afterAll, expect, it } from 'vitest';

import { compileForProcesses } from '../support/compile-for-processes.js';
import { printedRandom, randomFrom, say } from '../support/random.js';
import { waitingProcesses } from '../support/start-plan-process.js';
import { drive, type Driven } from './ledger/drive-window.js';
import { judge, wrongs } from './ledger/judge-ledger.js';
import { startRound, type Look } from './ledger/ledger-round.js';

const MINUTES = Number(process.env['LOCKSTEP_FAULTS_LEDGER_MINUTES'] ?? '') || 2;
const random = printedRandom('test/faults/windows/ledger.test.ts');
const processes = waitingProcesses(compileForProcesses(), 2);
afterAll(() => processes.end());

const SIZE = { branches: 4, perBranch: 1_500, batch: 25 };
const CLIENTS = 8;

it('clients lose nothing', { timeout: (MINUTES + 5) * 60_000 }, async () => {
  const round = await startRound({ size: SIZE, random: randomFrom(random.below(2 ** 31)), clients: CLIENTS, faults: 4 });
  const { test, plan, log, first } = round;
  const killedIn: string[] = [];
  const driven: Driven = { test, plan, processes, random, killedIn };
  const status = () => test.value('SELECT status FROM lockstep.run ORDER BY id DESC LIMIT 1');
  const done = (what: string) => async () => (await status()) === what;
  const looks: Record<string, Look> = {};
  await drive(driven, { action: 'apply', reached: done('waiting'), kills: 3, killWithinMs: 4000 });
  looks['filled'] = await round.look();
  await drive(driven, { action: 'rollback', reached: done('rolled back'), kills: 2, killWithinMs: 3000 });
  looks['taken back'] = await round.look();
  await drive(driven, { action: 'apply', reached: done('waiting'), kills: 3, killWithinMs: 4000 });
  looks['filled again'] = await round.look();
  await drive(driven, { action: 'apply and approve', reached: done('done'), kills: 2, killWithinMs: 1500 });
  await round.stop();
  looks['closed'] = await round.look();
  for (const [what, { sides, acknowledged }] of Object.entries(looks)) {
    say(`${what}: old ${sides.old.entries.size}, new ${sides.new.entries.size} ${sides.disagreements.length}`);
    expect(wrongs(judge(log, first.old, sides.old, acknowledged)), `${what}, old side`).toEqual([]);
    if (what === 'taken back') continue;
    expect(wrongs(judge(log, first.old, sides.new, new Set())), `${what}, new side`).toEqual([]);
  }
  say(JSON.stringify({ n: log.writes.length, ack: log.count('acknowledged'), failed: log.count('failed'), unknown: log.count('unknown'), intended: log.count('intended'), conflicts: [...log.conflicts], taken: log.taken, hot: log.hot / log.keys, killedIn }));
  expect(log.errors).toEqual([]);
});
