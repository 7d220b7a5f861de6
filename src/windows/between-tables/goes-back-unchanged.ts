/**
 * The proof that a way back of a mapping is the identity: what the target would say of each source row, said back, is that
 * row. Where it is not, the first write to the target would change the source without anybody having asked for it.
 */
import { expectedRows, rowsDiffer, sqlName, targetCondition, valuesFrom, whereAll } from '../../mapping/mapping.js';
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import type { BackMirror, Mirror } from './tables-window.js';

export function goesBackUnchanged({ mapping }: Mirror, back: BackMirror): CheckQuery {
  const source = sqlName(mapping.source);
  const target = quoteIdentifier(mapping.target.name);
  // Columns of the target that are not mapped are what the server fills in: nothing goes back from them.
  const there = `(${expectedRows(mapping)}) AS ${target}`;
  const condition = targetCondition(mapping);
  const same = back.key.map(({ name }) => `s.${name} = b.${name}`).join(' AND ');
  const others = back.columns.filter((column) => !back.key.includes(column));
  const changed = `SELECT 'another source row' AS problem, NULL::jsonb AS source, to_jsonb(b.*) AS back FROM (${valuesFrom(there, back.columns)}) AS b
LEFT JOIN ${source} AS s ON ${same} WHERE s.${back.key[0]!.name} IS NULL
UNION ALL
SELECT 'another value', to_jsonb(s.*), to_jsonb(b.*) FROM (${valuesFrom(there, back.columns)}) AS b
JOIN ${source} AS s ON ${same} WHERE ${rowsDiffer('s', 'b', others)}`;
  const rows =
    condition === ''
      ? changed
      : `${changed}
UNION ALL
SELECT 'not of this mapping', NULL, to_jsonb(${target}.*) FROM ${there}${whereAll(`${condition} IS NOT TRUE`)}`;
  return {
    check: 'goes_back',
    name: `what ${sqlName(mapping.target)} says of a row of ${source} goes back unchanged (${mapping.name})`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}
