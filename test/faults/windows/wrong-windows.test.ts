/**
 * Wrong designs of windows: the wrong one first, in an interleaving that must show it by the rows, then ours in the same one.
 * What is enumerated in `interleavings` is played here with one write.
 */
import { describe, expect, it } from 'vitest';

import * as wrong from '../seeds/wrong-windows.js';
import type { ChangeGraph } from '../seeds/wrong-graphs.js';
import { play } from './support/play.js';
import { SCENARIOS } from './support/scenarios.js';
import { casesOf, type Isolation } from './support/stage.js';
import { standsOf, type Stands } from './support/stands.js';
import { OLD_SIDE } from './support/writes.js';

interface Seed {
  readonly design: string;
  readonly change: ChangeGraph;
  readonly scenario: string;
  readonly write: string;
  readonly isolation?: Isolation;
  /** Definitions besides those of the stage, whose tables are `s1` and `t1`. */
  readonly more?: string;
}

const SEEDS: readonly Seed[] = [
  {
    ...{ design: 'no row lock', change: wrong.sourceNotLocked, write: 'delete' },
    scenario: 'a batch has locked the row, a writer comes',
  },
  {
    ...{ design: 'FOR KEY SHARE', change: wrong.sourceLockedTooWeakly, write: 'leaves where' },
    scenario: 'a batch has locked the row, a writer comes',
  },
  {
    ...{ design: 'snapshot before the trigger', change: wrong.readBeforeTheTriggers, write: 'insert' },
    scenario: 'a writer has not committed, the window opens',
  },
  {
    ...{ design: 'no rule for REPEATABLE READ', change: wrong.noRuleForOldSnapshots, write: 'delete' },
    scenario: 'a batch has locked the row, a writer comes',
    isolation: 'REPEATABLE READ',
  },
  {
    ...{ design: 'mirror after RI', change: wrong.mirrorBehindForeignKeys, write: 'delete' },
    scenario: 'snapshot before the fill, a writer has not committed, both sides are compared',
    more: 'ALTER TABLE t1 ADD FOREIGN KEY (id) REFERENCES s1 ON DELETE NO ACTION',
  },
  {
    ...{ design: 'mirror without DELETE', change: wrong.deletesNotMirrored, write: 'delete' },
    scenario: 'snapshot before the fill, a writer has not committed, both sides are compared',
  },
  {
    ...{ design: 'mirror without key change', change: wrong.keyChangesNotMirrored, write: 'key change' },
    scenario: 'snapshot before the fill, a writer has not committed, both sides are compared',
  },
  {
    ...{ design: 'TRUNCATE unnoticed', change: wrong.truncateLetPass, write: 'TRUNCATE' },
    scenario: 'a batch has not committed, a writer comes',
  },
];

describe.each(SEEDS)('$design', async ({ change, scenario: name, write, isolation, more }) => {
  const cases = casesOf(
    [isolation ?? 'READ COMMITTED'],
    OLD_SIDE.filter((one) => one.name === write),
  );
  const scenario = SCENARIOS.find((one) => one.name === name)!;
  const stand = scenario.snapshotAt ?? scenario.from;
  const [seeded, ours] = [await standsOf(cases, [stand], { change, more }), await standsOf(cases, [stand], { more })];
  const violations = (stands: Stands): Promise<readonly string[]> =>
    stands.at(stand, async (stage) => (await play(scenario, cases, stage)).flatMap((played) => played.wrong));

  it(`is caught by: ${write}, ${name}`, async () => {
    const found = await violations(seeded);
    // That somebody waits who should not is no harm by itself; rows that are wrong, or a write that is refused, are.
    expect(
      found.filter((line) => /holds|ends with/.test(line)),
      'the wrong design was not caught',
    ).not.toEqual([]);
  });

  it('is not ours', async () => {
    expect(await violations(ours)).toEqual([]);
  });
});
