/**
 * What an application may notice while a window stands: the list of docs/windows.md, as far as the oracle meets it, and no longer. A
 * longer list needs a decision.
 */
import type { OracleCase, Unit } from './case.js';
import { failureOf, type Outcome } from './client.js';

export type Exemption = 'tries again' | 'connects again' | 'refused by the other side' | 'none';

/** For what the database with the window answered. */
export function exemption({ both, record, kind }: OracleCase, unit: Unit, outcome: Outcome): Exemption {
  const failure = failureOf(outcome);
  if (failure === null) return 'none';
  const { sqlstate = '', constraint = '' } = failure.facts;
  if (sqlstate === '40001' && unit.isolation !== 'READ COMMITTED') return 'tries again';
  if (sqlstate === '40P01' && both) return 'tries again';
  const remembers = /type of parameter .* does not match|cached plan must not change/.test(failure.message);
  if (kind === 'convert' && remembers) return 'connects again';
  // Constraints of the target that the source has not: rows that it cannot take, keys that rows of others refer to.
  const theirs =
    constraint.startsWith('strict_') ||
    constraint.startsWith('hang_new_') ||
    /GENERATED ALWAYS AS IDENTITY does not change while others refer/.test(failure.message);
  if (!record && sqlstate.startsWith('23') && theirs) return 'refused by the other side';
  return 'none';
}

/** Whether both answered the same; the first difference, for a person. */
export function outcomesDiffer(unit: Unit, beside: Outcome, alone: Outcome): string | undefined {
  // What has no counterpart was not sent to the other database.
  const sent = unit.statements.filter(({ alone: text }) => text !== null);
  if (sent.length === 0) return undefined;
  for (let index = 0; index < Math.max(beside.length, alone.length); index++) {
    const [found, wanted] = [beside[index], alone[index]];
    const sql = unit.statements[index]?.beside ?? unit.end;
    if (found === undefined || wanted === undefined) return `${sql}: one went on, the other ended before`;
    if (found.sqlstate !== wanted.sqlstate)
      return `SQLSTATE ${found.sqlstate ?? 'none'} in place of ${wanted.sqlstate ?? 'none'}: ${sql}\n  ${found.error?.message ?? wanted.error?.message ?? ''} ${found.error?.facts.context?.split('\n')[0] ?? ''}`;
    if (found.count !== wanted.count) return `count ${found.count} in place of ${wanted.count}: ${sql}`;
    if (JSON.stringify(found.rows) !== JSON.stringify(wanted.rows))
      return `RETURNING differs: ${sql}\n  ${found.rows.join(' ')} in place of ${wanted.rows.join(' ')}`;
  }
  return undefined;
}
