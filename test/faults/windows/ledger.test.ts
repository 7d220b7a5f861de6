/**
 * Clients keep a ledger on tables that a window splits: eight at once, hot keys, every isolation level, connections that break
 * in the midst of COMMIT. Meanwhile the plan is driven by processes that are killed: there, back, there again, closed. What
 * the clients were told is the oracle. LOCKSTEP_FAULTS_LEDGER_MINUTES says for how long: further rounds begin until then.
 */
import { afterAll, expect, it } from 'vitest';

import { compileForProcesses } from '../support/compile-for-processes.js';
import { printedRandom, say } from '../support/random.js';
import { waitingProcesses } from '../support/start-plan-process.js';
import { playRound, type RoundPlayed } from './ledger/play-round.js';
import type { Direction } from './ledger/ledger-tables.js';

/** One round of each kind, whatever it takes. */
const MINUTES = Number(process.env['LOCKSTEP_FAULTS_LEDGER_MINUTES'] ?? '') || 0;
const ROUND_LIMIT_MS = 8 * 60_000;
const HOT_SHARE = 0.3;

const random = printedRandom('test/faults/windows/ledger.test.ts');
const processes = waitingProcesses(await compileForProcesses(), 2);
afterAll(() => processes.end());

const SIZE = { branches: 4, perBranch: 1_500, batch: 25 };
const CLIENTS = 8;
const began = Date.now();
const timeout = MINUTES * 60_000 + 2 * ROUND_LIMIT_MS;

it.each<Direction>(['forward', 'both'])(
  'nothing that a client was told is lost, doubled or back (%s)',
  { timeout },
  async (direction) => {
    // Half of the time for each.
    const untilMs = began + (direction === 'forward' ? MINUTES / 2 : MINUTES) * 60_000;
    do {
      const played = await playRound({ direction, size: SIZE, clients: CLIENTS, processes, random });
      tell(direction, played);
      const { wrong, log } = played;
      expect(wrong).toEqual([]);
      expect(log.errors.slice(0, 20), 'what no client should be told').toEqual([]);
      expect(log.conflicts.size, 'a run without conflicts proves little').toBeGreaterThan(0);
      expect(log.hot / log.keys).toBeGreaterThan(HOT_SHARE);
      expect(log.count('intended'), 'writes whose client has never heard of them again').toBe(0);
    } while (Date.now() < untilMs);
  },
);

function tell(direction: Direction, { log, killedIn, looks, wrong, unknownThere }: RoundPlayed): void {
  const conflicts = [...log.conflicts].map(([sqlstate, times]) => `${sqlstate} ${times}`).join(', ');
  say(
    `${direction}: ${log.count('acknowledged')} writes acknowledged, ${log.count('unknown')} unknown (${unknownThere} of them there), ` +
      `conflicts ${conflicts}, ${log.taken} met what is taken, ${log.refused} did not fit; ${Math.round((100 * log.hot) / log.keys)} % of keys hot; ` +
      `${killedIn.length} processes killed (${[...new Set(killedIn)].join('; ')}); ${looks} looks: lost, doubled, back: ${wrong.length}`,
  );
}
