/** Enumerates scenarios, writes and isolation levels, plays what can be, and counts what cannot. */
import { afterAll, expect, it } from 'vitest';

import { ALL, say } from '../../support/random.js';
import { expectedOf } from './expected-outcomes.js';
import { play } from './play.js';
import type { Scenario, Stand } from './scenarios.js';
import { casesOf, ISOLATIONS, type Case, type Direction } from './stage.js';
import { standsOf } from './stands.js';
import type { Write } from './writes.js';

/**
 * At the top of a file. The quick size gives each write one isolation level, another one in the next scenario, leaves SERIALIZABLE out,
 * which has the snapshots of REPEATABLE READ and refusals of its own besides, and ends every other scenario by closing, the
 * rest by the way back.
 */
export async function enumerate(
  name: string,
  direction: Direction,
  scenarios: readonly Scenario[],
  writes: readonly Write[],
): Promise<void> {
  const names = [...new Set(scenarios.map((scenario) => scenario.name))];
  const played = names.flatMap((each, index) => {
    const ends = scenarios.filter((scenario) => scenario.name === each);
    return ALL ? ends : [ends[index % ends.length]!];
  });
  const tally = { enumerated: 0, passed: 0, forOthers: 0 };
  const notApplicable = new Map<string, number>();
  const applies = (scenario: Scenario, { write, isolation }: Case): boolean => {
    tally.enumerated += 1;
    const expected = expectedOf(scenario.name, write, isolation);
    if (!('notApplicable' in expected)) return true;
    notApplicable.set(expected.notApplicable, (notApplicable.get(expected.notApplicable) ?? 0) + 1);
    return false;
  };
  const wanted = [...new Set<Stand>(played.map(({ from, snapshotAt }) => snapshotAt ?? from))];
  const sets = await Promise.all(
    (ALL ? ISOLATIONS : ['REPEATABLE READ' as const]).map(async (isolation) => {
      const cases = casesOf([isolation], writes);
      return {
        cases,
        isolation: ALL ? isolation : 'alternating',
        stands: await standsOf(cases, wanted, { direction }),
      };
    }),
  );
  const casesIn = (scenario: Scenario, cases: readonly Case[]): readonly Case[] =>
    ALL
      ? cases
      : cases.map((one, index) => ({ ...one, isolation: ISOLATIONS[(played.indexOf(scenario) + index) % 2]! }));
  const turns = played.flatMap((scenario) => sets.map((set) => ({ ...scenario, ...set, scenario })));
  it.each(turns)('$state: $name ($end; $isolation)', async ({ scenario, cases, stands }) => {
    const applying = casesIn(scenario, cases).filter((one) => applies(scenario, one));
    const results = await stands.at(scenario.snapshotAt ?? scenario.from, (stage) => play(scenario, applying, stage));
    const failed = results.filter(({ wrong }) => wrong.length > 0);
    tally.forOthers += results.filter(({ forOthers }) => forOthers).length;
    tally.passed += results.length - failed.length;
    expect(
      failed.map(({ one, wrong }) => `${one.write.side}: ${one.write.name}, ${one.isolation}: ${wrong.join('; ')}`),
    ).toEqual([]);
  });
  afterAll(() => {
    const reasons = [...notApplicable].sort(([, a], [, b]) => b - a);
    const none = reasons.reduce((sum, [, count]) => sum + count, 0);
    const size = ALL ? 'all of them' : `quick size; LOCKSTEP_FAULTS_ALL=1 for ${scenarios.length * writes.length * 3}`;
    say(
      [
        `${name}: ${tally.enumerated} enumerated (${size}), ${tally.passed} passed, ${none} not applicable:`,
        ...reasons.map(([reason, count]) => `  ${count}: ${reason}`),
        `  ${tally.forOthers} SERIALIZABLE writes were refused because of other writers, and acknowledged when tried again`,
      ].join('\n'),
    );
  });
}
