/**
 * What fills twins: one UPDATE per range, of rows whose twin is missing. It computes from the newest version of each row, also of
 * one that somebody is changing (READ COMMITTED); whoever changes an old value meanwhile has given the twin himself, by the
 * trigger, and the row is left alone. References are looked up by the parent's index, row by row: joined, a batch would read
 * the whole parent as long as nobody has analysed the tables.
 */
import type { BatchTemplate, BatchWork } from '../../operation/operation.js';
import { RANGE, splitAtRange } from '../../operation/batch-template.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { twinTable, type ColumnsWindow, type Twin, type TwinTable } from './columns-window.js';
import { keepsMap } from './key-map.js';
import { ASIDE, isSetAside, lookedUpOf, replayOf, returnedOf, UNCONVERTED, unfilledOf } from './set-aside.js';
import { twinsFire } from './twin-triggers.js';
import { asksParent, computedValue, madeValue, parentLookUp } from './twin-values.js';

export function fillTwinsWork(
  window: ColumnsWindow,
  table: TwinTable,
  twins: readonly Twin[],
  suppress: boolean,
): BatchWork {
  const { name } = table;
  const names = twins.map(({ old, new: twinName }) => ({
    old: quoteIdentifier(old),
    twinName: quoteIdentifier(twinName),
  }));
  const missing = names.map(({ old, twinName }) => `${name}.${old} IS NOT NULL AND ${name}.${twinName} IS NULL`);
  const conditions = missing.map((condition, index) => {
    const { value } = twins[index]!;
    return value.kind === 'looked up' && value.where !== null ? `${condition} AND (${value.where}\n)` : condition;
  });
  const set = names.map(
    ({ twinName }, index) => `${twinName} = coalesce(${name}.${twinName}, ${valueOf(window, table, twins[index]!)})`,
  );
  const references = lookedUpOf(twins);
  const own = keepsMap(window, table) ? twins.findIndex(({ value }) => value.kind === 'own') : -1;
  const returned =
    [
      ...(own === -1 ? [] : [`${name}.${names[own]!.old}::text AS old_id, ${name}.${names[own]!.twinName} AS new_id`]),
      ...(references.length === 0 ? [] : [returnedOf(window, table, references, 'old')]),
    ].join(', ') || '1';
  const text = (conflict: string): BatchTemplate =>
    splitAtRange(`WITH changed AS (
UPDATE ${name} SET ${set.join(', ')}
WHERE ${RANGE} AND (${conditions.map((condition) => `(${condition})`).join(' OR ')})
RETURNING ${returned}
)${own === -1 ? '' : keptPairs(window.map!.table, table, conflict)}${unfilledOf(window, table, references, 'old')}, met AS (
SELECT count(*) AS read FROM ${name} WHERE ${RANGE}
)
SELECT greatest(read, changed) AS read, changed, greatest(read - changed, 0) AS skipped, 0::bigint AS kept, NULL::json AS findings,
  CASE WHEN NOT ${twinsFire(window, table)} THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json)${references.length === 0 ? '' : ` ELSE ${UNCONVERTED}`} END AS problem${references.some(isSetAside) ? `, ${ASIDE}` : ''}
FROM met, (SELECT count(*)${references.length === 0 ? '' : ' - (SELECT rows FROM lacking)'} AS changed FROM changed) AS written`);
  return {
    strategy: strategyOf(window, twins),
    lock: null,
    template: text(''),
    onViolation: own === -1 ? null : text('\nON CONFLICT (table_name, old_id) DO UPDATE SET new_id = EXCLUDED.new_id'),
    rangeOf: name,
    explain: `UPDATE ${name} SET ${set.join(', ')} WHERE ${conditions.map((condition) => `(${condition})`).join(' OR ')}`,
    provenance: false,
    ...replayOf(window, table, twins),
    ...(suppress && { userTriggers: 'suppress' }),
  };
}

/**
 * The pairs of old and new key, which the triggers leave to the fill. No other has a pair for a row whose new key is missing; a
 * clause for one that is there all the same would cost more than the insert itself.
 */
function keptPairs(map: string, { relation }: TwinTable, conflict: string): string {
  return `, kept AS (
INSERT INTO ${map} (table_name, old_id, new_id) SELECT ${quoteLiteral(relation.name)}, old_id, new_id FROM changed${conflict}
)`;
}

function valueOf(window: ColumnsWindow, table: TwinTable, twin: Twin): string {
  const { value } = twin;
  const old = `${table.name}.${quoteIdentifier(twin.old)}`;
  if (value.kind === 'own') return madeValue(value.by) ?? computedValue(value.by, old)!;
  let found = computedValue(value.by, old);
  if (found === null) {
    const { takes, finds } = parentLookUp(window, table, twin.old, value, 'old', 'old', table.name);
    found = `(SELECT p.${takes} FROM ${value.parent} AS p WHERE ${finds})`;
  }
  return value.where === null ? found : `CASE WHEN (${value.where}\n) THEN ${found} END`;
}

function strategyOf(window: ColumnsWindow, twins: readonly Twin[]): string {
  const parents = twins.flatMap(({ value }) =>
    value.kind === 'looked up' && asksParent(value, 'old') ? [twinTable(window, value.parent).name] : [],
  );
  const looked = parents.length === 0 ? '' : `, by the key of ${[...new Set(parents)].join(', ')}`;
  return `update in the order of the key, only rows whose new value is missing${looked}`;
}
