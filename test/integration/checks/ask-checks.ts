/** Asks checks as `lockstep verify` does: compiled from a plan, sent in READ ONLY transactions, answered with evidence. */
import { expect } from 'vitest';

import type { VerifiedCheck } from '../../../src/commands/verify.js';
import type { TestDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

export interface Answer {
  readonly violations: number;
  readonly samples: readonly Readonly<Record<string, unknown>>[];
  readonly figures: Readonly<Record<string, unknown>> | null;
  readonly says: string;
}

export type Check = Readonly<Record<string, unknown>>;

/** One answer per check, in their order; an `in_sync` of several mappings gives several. */
export async function askChecks(
  { database }: Pick<TestDatabase, 'database'>,
  checks: readonly Check[],
  mappings: Readonly<Record<string, unknown>> = {},
): Promise<readonly Answer[]> {
  const declared = Object.keys(mappings).length === 0 ? {} : { mappings };
  const plan = { name: 'checks', ...declared, steps: [{ id: 'proof', verify: checks }] };
  const result = await planOn(database, plan).verify();
  if (result.report === null) throw new Error(told(result));
  const answers = result.report.checks.map(answerOf);
  // The exit code is what a script sees: 4 as soon as one check of severity error has violations.
  const broken = answers.some(
    ({ violations }, index) => violations > 0 && result.report!.checks[index]!.severity === 'error',
  );
  expect(result.exit, told(result)).toBe(broken ? 4 : 0);
  return answers;
}

export async function askCheck(
  found: Pick<TestDatabase, 'database'>,
  check: Check,
  mappings: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const [answer, second] = await askChecks(found, [check], mappings);
  if (answer === undefined || second !== undefined) throw new Error('not one check');
  return answer;
}

/** Per check: its violations. */
export async function violationsOf(
  found: Pick<TestDatabase, 'database'>,
  checks: readonly Check[],
  mappings?: Readonly<Record<string, unknown>>,
): Promise<readonly number[]> {
  return (await askChecks(found, checks, mappings)).map(({ violations }) => violations);
}

function answerOf({ answer, error, name }: VerifiedCheck): Answer {
  if (answer === null) throw new Error(`${name}: ${error ?? 'not asked'}`);
  return { ...answer, says: name };
}
