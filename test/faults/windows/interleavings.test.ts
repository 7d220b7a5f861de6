/**
 * Every write of an application, at every isolation level, against every state of a window, with one of the two held at every
 * place where it can be held. What must come of each stands in `support/expected-outcomes`; the rows are compared by hand.
 */
import { afterAll, expect, it } from 'vitest';

import { ALL, say } from '../support/random.js';
import { expectedOf } from './support/expected-outcomes.js';
import { play } from './support/play.js';
import { SCENARIOS, type Scenario, type Stand } from './support/scenarios.js';
import { casesOf, ISOLATIONS, type Case } from './support/stage.js';
import { standsOf } from './support/stands.js';

/** The quick size ends every other scenario by closing, the rest by the way back. */
const PLAYED = SCENARIOS.filter(({ name }, index) => {
  const pair = SCENARIOS.filter((other) => other.name === name);
  return ALL || pair.length === 1 || pair[Math.floor(index / 2) % 2] === SCENARIOS[index];
});
/** SERIALIZABLE has the snapshots of REPEATABLE READ, and refusals of its own besides. */
const CASES = casesOf(ALL ? ISOLATIONS : ISOLATIONS.slice(0, 2));

const wanted = new Set<Stand>(PLAYED.map(({ from, snapshotAt }) => snapshotAt ?? from));
const stands = await standsOf(CASES, [...wanted]);

const tally = { enumerated: 0, passed: 0, forOthers: 0 };
const notApplicable = new Map<string, number>();

afterAll(() => {
  const reasons = [...notApplicable].sort(([, a], [, b]) => b - a).map(([reason, count]) => `  ${count} ${reason}`);
  const none = [...notApplicable.values()].reduce((sum, count) => sum + count, 0);
  say(
    [
      `interleavings: ${tally.enumerated} enumerated, ${tally.passed} passed, ${none} not applicable${ALL ? '' : ' (quick size)'}`,
      ...reasons,
      `  (${tally.forOthers} SERIALIZABLE writes were refused for other transactions, and tried again)`,
    ].join('\n'),
  );
});

it.each(PLAYED)('$state: $name ($end)', async (scenario) => {
  const cases = CASES.filter((one) => applies(scenario, one));
  const played = await stands.at(scenario.snapshotAt ?? scenario.from, (stage) => play(scenario, cases, stage));
  const failed = played.filter(({ wrong }) => wrong.length > 0);
  tally.forOthers += played.filter(({ forOthers }) => forOthers).length;
  tally.passed += played.length - failed.length;
  expect(failed.map(({ one, wrong }) => `${one.write.name}, ${one.isolation}: ${wrong.join('; ')}`)).toEqual([]);
});

function applies(scenario: Scenario, { write, isolation }: Case): boolean {
  tally.enumerated += 1;
  const expected = expectedOf(scenario.name, write.name, isolation);
  if (!('notApplicable' in expected)) return true;
  notApplicable.set(expected.notApplicable, (notApplicable.get(expected.notApplicable) ?? 0) + 1);
  return false;
}
