/** Which target rows are there before the mirrors are: a way back leaves them, whoever's they are. */
import { keyArray, sqlName, targetCondition, whereAll } from '../../mapping/mapping.js';
import { RANGE, splitAtRange } from '../../operation/batch-template.js';
import type { BatchWork, KeyWalk } from '../../operation/operation.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import type { Mirror } from './tables-window.js';

/** `operation`: the id under which the journal keeps the keys. */
export function noteWork({ mapping }: Mirror, _walk: KeyWalk, operation: string): BatchWork {
  const target = sqlName(mapping.target);
  const there = (range: string): string =>
    `SELECT ${keyArray(mapping.key, target)} AS key FROM ${target}${whereAll(targetCondition(mapping), range)}`;
  const text = `WITH there AS MATERIALIZED (
${there(RANGE)}
), noted AS (
INSERT INTO lockstep.already_there (run_id, operation_id, key) SELECT ${RUN_ID}, ${quoteLiteral(operation)}, key FROM there
ON CONFLICT DO NOTHING
RETURNING 1
)
SELECT (SELECT count(*) FROM there) AS read, (SELECT count(*) FROM noted) AS changed,
  0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings, NULL::json AS problem`;
  return {
    strategy: 'keys only, into the journal: so a way back can tell them from what the window brings',
    lock: null,
    template: splitAtRange(text),
    onViolation: null,
    rangeOf: target,
    explain: there(''),
    provenance: false,
  };
}
