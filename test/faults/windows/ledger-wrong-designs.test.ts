/**
 * The ledger sees wrong designs: each is put in place of ours, and what the clients were told must not be what they find. Those
 * that need a moment that may not come are tried several times.
 */
import { expect, it } from 'vitest';

import { printedRandom, randomFrom, say } from '../support/random.js';
import { apply, beginWith, rollback, untilDone } from '../support/run-plan.js';
import type { ChangeGraph } from '../seeds/wrong-graphs.js';
import { runIs } from './ledger/drive-window.js';
import { judge, wrongs } from './ledger/judge-ledger.js';
import type { ClientOptions } from './ledger/ledger-client.js';
import { startRound } from './ledger/ledger-round.js';
import {
  fillWithoutRowLock,
  mirrorsDroppedFirst,
  mirrorWithoutDelete,
  noRuleForRepeatableRead,
} from './ledger/wrong-windows.js';

const random = printedRandom('test/faults/windows/ledger-wrong-designs.test.ts');
const SIZE = { branches: 2, perBranch: 1_200, batch: 25 };
const TRIES = 8;

/** What the clients find that they were not told. */
async function played(
  change: ChangeGraph,
  takenBack: boolean,
  isolation?: ClientOptions['isolation'],
): Promise<readonly string[]> {
  const round = await startRound({
    ...{ size: SIZE, random: randomFrom(random.below(2 ** 31)), clients: 8, direction: 'forward', faults: 0 },
    proof: false,
    ...(isolation !== undefined && { isolation }),
  });
  const { test, plan, log, first } = round;
  await beginWith(plan, test.database, change);
  const gate = async () => ({
    ...(await apply(plan, test.database)),
    exit: (await runIs({ test }, 'waiting')()) ? (0 as const) : (1 as const),
  });
  const there = await untilDone(gate, 10);
  expect(there.at(-1)?.exit, JSON.stringify(there.at(-1)?.diagnostics)).toBe(0);
  if (takenBack) {
    const back = await untilDone(() => rollback(plan, test.database), 10);
    expect(back.at(-1)?.exit, JSON.stringify(back.at(-1)?.diagnostics)).toBe(0);
  }
  await round.stop();
  const { sides, acknowledged } = await round.look();
  expect(wrongs(judge(log, first.old, sides.old, acknowledged)), 'the old side').toEqual([]);
  if (!takenBack) return wrongs(judge(log, first.old, sides.new, acknowledged));
  return [...sides.new.row].map(([version, says]) => `left behind: row ${version} (${says.join('; ')})`);
}

it.each<[string, ChangeGraph, boolean, ClientOptions['isolation']?]>([
  ['a mirror without DELETE', mirrorWithoutDelete, false],
  ['no rule for REPEATABLE READ', noRuleForRepeatableRead, false, 'repeatable read'],
  ['a fill without row locks', fillWithoutRowLock, false],
  ['mirrors that are dropped before the rows are taken away', mirrorsDroppedFirst, true],
])('%s', async (name, change, takenBack, isolation) => {
  const found: string[] = [];
  let tries = 0;
  while (found.length === 0 && tries < TRIES) {
    tries += 1;
    found.push(...(await played(change, takenBack, isolation)));
  }
  expect(found, 'the wrong design was not caught').not.toEqual([]);
  say(`${name}: caught in try ${tries}, ${found[0]!}`);
});

it('ours, in the same scenario', async () => {
  const same: ChangeGraph = (graph) => graph;
  expect(await played(same, false)).toEqual([]);
  expect(await played(same, false, 'repeatable read')).toEqual([]);
  expect(await played(same, true)).toEqual([]);
});
