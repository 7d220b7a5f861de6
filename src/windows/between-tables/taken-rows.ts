/** Which target rows a window brought, as its way back tells them from all others. */
import { asValue, keyArray, rowsDiffer, rowsFrom, sqlName, targetCondition } from '../../mapping/mapping.js';
import { unfilledDiffer } from '../../mapping/unfilled-columns.js';
import type { Takeable } from '../../operation/take-away.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import { rest } from './row-parts.js';
import type { Mirror } from './tables-window.js';

/** `noted`: the operation under which the journal keeps the keys that were there before. */
export function takeableRows(mirror: Mirror, noted: string): Takeable {
  const { mapping } = mirror;
  const target = sqlName(mapping.target);
  const ours = `a.run_id = ${RUN_ID} AND a.operation_id = ${quoteLiteral(noted)}`;
  const sameAsSource = mapping.key.map((column) => `${asValue(column)} = c.${column.name}`).join(' AND ');
  const there = `EXISTS (SELECT FROM lockstep.already_there AS a WHERE ${ours} AND a.key = c.lockstep_key)`;
  const said = `coalesce((SELECT NOT ${rowsDiffer('e', 'c', rest(mirror))} FROM (${rowsFrom(sqlName(mapping.source), mapping, sameAsSource)}\nOFFSET 0) AS e), false)`;
  const written = unfilledDiffer('c', mapping);
  return {
    table: target,
    partitioned: mapping.target.kind === 'partitioned table',
    condition: targetCondition(mapping),
    marks: [`${keyArray(mapping.key, target)} AS lockstep_key`],
    judgement: [`${there} AS lockstep_there`, `${said} AS lockstep_said`, `${written} AS lockstep_written`],
    goes: 'c.lockstep_said AND NOT c.lockstep_written AND NOT c.lockstep_there',
  };
}

/** SQL over a row `c` that stays; NULL: it was there before. */
export const WHY_KEPT = `CASE WHEN c.lockstep_there THEN NULL WHEN c.lockstep_said THEN 'kept: columns that the mapping does not fill were written' ELSE 'kept: not what the source says' END`;
