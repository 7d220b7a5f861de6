/** The batch statement of a mapping: the rows of one range of the source into the target, and what was met there. */
import { assignedRows, rowsDiffer, expectedRows, sameKey, sqlName, type Mapping } from '../../mapping/mapping.js';
import { RANGE, splitAtRange } from '../../operation/batch-template.js';
import type { BatchProblem, BatchWork } from '../../operation/operation.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import type { Brought } from '../../windows/between-tables/bring-parents.js';
import { columnsOfKeys, problemOr, SUPPRESSED, upheldExpressions, type UpheldKey } from './upheld-keys.js';

export interface CopyRules {
  /**
   * `fail`: a plain insert, so the server itself refuses a row that is there. `skip`: rows that are there stay, are counted
   * by content, and are recorded by key, so that a rollback never takes them for ours.
   */
  readonly onConflict: 'skip' | 'fail';
  /** Triggers of the target fire for an INSERT: one of them may leave a row out. */
  readonly triggersFire: boolean;
  /** Null: triggers of the target are not suppressed. Else nor do those behind its foreign keys fire: these are looked up. */
  readonly upheld: readonly UpheldKey[] | null;
  /**
   * Null: no window keeps the mapping in step. Else a condition that holds while its mirror fires. Then source rows are locked
   * as they are read: without that, an update that has not seen the target row yet is lost, and a deleted row returns
   * (measured; FOR KEY SHARE is not enough, since an UPDATE does not wait for it).
   */
  readonly mirrorFires: string | null;
  /** Rows that those of a batch refer to, and that the window brings first; empty texts: none. */
  readonly brought?: Brought;
}

/**
 * A conflict clause costs more than the insert itself (the server inserts speculatively, and looks twice), so it is sent
 * only where a row was met; and rows that come in the order of the target's key cost its index least.
 */
export function copyWork(
  mapping: Mapping,
  operation: string,
  { onConflict, triggersFire, upheld, mirrorFires, brought }: CopyRules,
): BatchWork {
  const keys = upheld ?? [];
  const plain = triggersFire ? countedText(mapping) : plainText(mapping, keys);
  if (mirrorFires !== null)
    return besideWindow(mapping, mirrorFires, keys, upheld !== null, brought ?? { ctes: '', waits: '' });
  const met =
    onConflict === 'fail' ? 'a row that is there stops the run' : 'with a conflict clause after a row was met';
  return {
    strategy: `plain insert in the order of the target's key; ${met}${upheld === null ? '' : SUPPRESSED}`,
    lock: null,
    template: splitAtRange(plain),
    onViolation: onConflict === 'fail' ? null : splitAtRange(skipText(mapping, operation, keys)),
    rangeOf: sqlName(mapping.source),
    explain: `INSERT INTO ${sqlName(mapping.target)} (${names(mapping)})${overriding(mapping)}\n${assignedRows(mapping)}`,
    provenance: true,
    ...(upheld !== null && { userTriggers: 'suppress' }),
  };
}

/**
 * Whoever writes a locked row waits, and his mirror then finds the target row; whoever wrote it before is waited for, and his
 * values are read. So what is there already is never older than what the batch has read.
 */
function besideWindow(
  mapping: Mapping,
  mirrorFires: string,
  upheld: readonly UpheldKey[],
  suppressed: boolean,
  brought: Brought,
): BatchWork {
  return {
    strategy: `source rows are locked (FOR NO KEY UPDATE); plain insert in the order of the target's key, with a conflict clause after a row of the mirror was met${suppressed ? SUPPRESSED : ''}`,
    lock: null,
    template: splitAtRange(lockedText(mapping, mirrorFires, upheld, brought)),
    onViolation: splitAtRange(lockedSkipText(mapping, mirrorFires, upheld, brought)),
    rangeOf: sqlName(mapping.source),
    explain: `INSERT INTO ${sqlName(mapping.target)} (${names(mapping)})${overriding(mapping)}\n${assignedRows(mapping)}`,
    provenance: false,
    ...(suppressed && { userTriggers: 'suppress' as const }),
  };
}

function lockedText(mapping: Mapping, mirrorFires: string, upheld: readonly UpheldKey[], brought: Brought): string {
  return `${lockedInsert(mapping, upheld, brought, '')}, tally AS (
SELECT (SELECT count(*) FROM source) AS read, (SELECT count(*) FROM inserted) AS changed
)
SELECT read, changed, 0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings,
  ${silentOr(mirrorFires, problemOr(upheld, `CASE WHEN read <> changed THEN ${problem('rows_left_out', '[]')} END`))} AS problem
FROM tally`;
}

function lockedSkipText(mapping: Mapping, mirrorFires: string, upheld: readonly UpheldKey[], brought: Brought): string {
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  return `${lockedInsert(mapping, upheld, brought, `\nON CONFLICT (${keyOf(mapping)}) DO NOTHING`)}, met AS MATERIALIZED (
SELECT s.* FROM source AS s WHERE NOT EXISTS (SELECT FROM inserted AS i WHERE ${sameKey('i', 's', mapping)})
), differing AS (
SELECT to_jsonb(m.*) AS expected, to_jsonb(t.*) AS found
FROM met AS m CROSS JOIN LATERAL (SELECT * FROM ${sqlName(mapping.target)} AS w WHERE ${sameKey('w', 'm', mapping)} OFFSET 0) AS t
WHERE ${rowsDiffer('m', 't', rest)} LIMIT 10
)
SELECT (SELECT count(*) FROM source) AS read, (SELECT count(*) FROM inserted) AS changed, (SELECT count(*) FROM met) AS skipped, 0::bigint AS kept,
  (SELECT json_agg(json_build_object('what', 'already there, and different', 'expected', expected, 'found', found)) FROM differing) AS findings,
  ${silentOr(mirrorFires, problemOr(upheld, 'NULL::json'))} AS problem`;
}

function lockedInsert(mapping: Mapping, upheld: readonly UpheldKey[], brought: Brought, onConflict: string): string {
  const key = keyOf(mapping);
  const returned = [...new Set([...mapping.key.map(({ name }) => name), ...columnsOfKeys(upheld)])].join(', ');
  return `WITH source AS MATERIALIZED (
${expectedRows(mapping, RANGE)}
FOR NO KEY UPDATE
)${brought.ctes}, inserted AS (
INSERT INTO ${sqlName(mapping.target)} (${names(mapping)})${overriding(mapping)}
SELECT ${names(mapping)} FROM source${brought.waits}
ORDER BY ${key}${onConflict}
RETURNING ${returned}
)${upheldExpressions(sqlName(mapping.target), upheld, 'inserted')}`;
}

function silentOr(mirrorFires: string, otherwise: string): string {
  return `CASE WHEN NOT (${mirrorFires}) THEN ${problem('mirror_silent', '[]')} ELSE ${otherwise} END`;
}

function problem(code: BatchProblem['code'], rows: string): string {
  return `json_build_object('code', '${code}', 'retry', false, 'rows', '${rows}'::json)`;
}

/** Where nothing can leave a row out, what was inserted is what was read. */
function plainText(mapping: Mapping, upheld: readonly UpheldKey[]): string {
  const returned = upheld.length === 0 ? '1' : columnsOfKeys(upheld).join(', ');
  return `WITH inserted AS (
INSERT INTO ${sqlName(mapping.target)} (${names(mapping)})${overriding(mapping)}
${expectedRows(mapping, RANGE)}
ORDER BY ${keyOf(mapping)}
RETURNING ${returned}
)${upheldExpressions(sqlName(mapping.target), upheld, 'inserted')}
SELECT count(*) AS read, count(*) AS changed,
  0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings, ${problemOr(upheld, 'NULL::json')} AS problem
FROM inserted`;
}

function countedText(mapping: Mapping): string {
  return `WITH source AS MATERIALIZED (
${expectedRows(mapping, RANGE)}
ORDER BY ${keyOf(mapping)}
), inserted AS (
INSERT INTO ${sqlName(mapping.target)} (${names(mapping)})${overriding(mapping)}
SELECT ${names(mapping)} FROM source
RETURNING ${keyOf(mapping)}
), tally AS (
SELECT (SELECT count(*) FROM source) AS read, (SELECT count(*) FROM inserted) AS changed
)
SELECT read, changed, 0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings,
  CASE WHEN read <> changed THEN json_build_object('code', 'rows_left_out', 'retry', false, 'rows', (
    SELECT json_agg(to_json(l.*)) FROM (SELECT ${keyOf(mapping)} FROM source EXCEPT SELECT ${keyOf(mapping)} FROM inserted LIMIT 10) AS l
  )) END AS problem
FROM tally`;
}

function skipText(mapping: Mapping, operation: string, upheld: readonly UpheldKey[]): string {
  const key = keyOf(mapping);
  const returned = [...new Set([...mapping.key.map(({ name }) => name), ...columnsOfKeys(upheld)])].join(', ');
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  const keyTexts = mapping.key.map(({ name }) => `m.${name}::text`).join(', ');
  // Every source row was inserted or met something. What is neither lost its place to another row of the same batch.
  return `WITH source AS MATERIALIZED (
${expectedRows(mapping, RANGE)}
), inserted AS (
INSERT INTO ${sqlName(mapping.target)} (${names(mapping)})${overriding(mapping)}
SELECT ${names(mapping)} FROM source
ORDER BY ${key}
ON CONFLICT (${key}) DO NOTHING
RETURNING ${returned}
)${upheldExpressions(sqlName(mapping.target), upheld, 'inserted')}, met AS MATERIALIZED (
SELECT s.* FROM source AS s WHERE NOT EXISTS (SELECT FROM inserted AS i WHERE ${sameKey('i', 's', mapping)})
), noted AS (
INSERT INTO lockstep.already_there (run_id, operation_id, key)
SELECT ${RUN_ID}, ${quoteLiteral(operation)}, ARRAY[${keyTexts}] FROM met AS m
ON CONFLICT DO NOTHING
), differing AS (
SELECT to_jsonb(m.*) AS expected, to_jsonb(t.*) AS found
FROM met AS m CROSS JOIN LATERAL (SELECT * FROM ${sqlName(mapping.target)} AS w WHERE ${sameKey('w', 'm', mapping)} OFFSET 0) AS t
WHERE ${rowsDiffer('m', 't', rest)} LIMIT 10
), folded AS (
SELECT ${key}, count(*) AS rows FROM source GROUP BY ${key} HAVING count(*) > 1 LIMIT 10
), tally AS (
SELECT (SELECT count(*) FROM source) AS read, (SELECT count(*) FROM inserted) AS changed, (SELECT count(*) FROM met) AS skipped
)
SELECT read, changed, skipped, 0::bigint AS kept,
  (SELECT json_agg(json_build_object('what', 'already there, and different', 'expected', expected, 'found', found)) FROM differing) AS findings,
  ${problemOr(
    upheld,
    `CASE WHEN read <> changed + skipped THEN
    json_build_object('code', 'rows_folded', 'retry', false, 'rows', (SELECT coalesce(json_agg(to_json(folded.*)), '[]') FROM folded)) END`,
  )} AS problem
FROM tally`;
}

function keyOf(mapping: Mapping): string {
  return mapping.key.map(({ name }) => name).join(', ');
}

function names(mapping: Mapping): string {
  return mapping.columns.map(({ name }) => name).join(', ');
}

/** A column GENERATED ALWAYS AS IDENTITY takes a given value only so. */
function overriding(mapping: Mapping): string {
  return mapping.columns.some((column) => column.identityAlways) ? ' OVERRIDING SYSTEM VALUE' : '';
}
