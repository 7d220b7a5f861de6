/** The proof, by reading, that a mapping is one to one, where the catalog does not say so. */
import { checkOperations } from '../checks/check-operations.js';
import { expectedRows, sqlName, textsOf, type Mapping } from '../mapping/mapping.js';
import { summarise, type CheckQuery } from '../operation/check-query.js';
import type { Operation } from '../operation/operation.js';
import type { LowerContext } from './step-definition.js';

/**
 * What no index and no NOT NULL of the source says, its rows must: two source rows with one key would become one target
 * row, and one without a key none.
 */
export function oneToOne(mapping: Mapping, context: LowerContext): readonly Operation[] {
  const key = mapping.key.map(({ name }) => `s.${name}`);
  const missing = key.map((name) => `${name} IS NULL`).join(' OR ');
  const source = `(\n${expectedRows(mapping)}\n) AS s`;
  const problems: string[] = [];
  if (mapping.keyMayBeNull)
    problems.push(
      `SELECT ${key.join(', ')}, count(*) AS source_rows FROM ${source}\nWHERE ${missing} GROUP BY ${key.join(', ')}`,
    );
  if (!mapping.oneToOneByIndex) {
    problems.push(
      `SELECT ${key.join(', ')}, count(*) AS source_rows FROM ${source}\nWHERE NOT (${missing}) GROUP BY ${key.join(', ')} HAVING count(*) > 1`,
    );
  }
  if (problems.length === 0) return [];
  const rows = problems.join('\nUNION ALL\n');
  const query: CheckQuery = {
    check: 'one_to_one',
    name: `each row of ${sqlName(mapping.source)} has a row of its own in ${sqlName(mapping.target)} (${mapping.name})`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
  const prefix = `${context.step}/one-to-one/${mapping.name}`;
  const reads = [sqlName(mapping.source), ...textsOf(mapping).flatMap((text) => context.readsOf('condition', text))];
  return checkOperations([{ query, reads }], {
    step: context.step,
    prefix,
    effect: 'fail',
    barrier: false,
  });
}
