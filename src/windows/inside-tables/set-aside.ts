/**
 * Rows whose reference finds nothing, where the plan wants them set aside (`orphans: quarantine`): they stay in their table with no
 * new value, and are noted down, by the fill or, when they come later, by the trigger of their table at COMMIT (`note-orphans`). Once their parent is
 * there, or they refer to nothing any more, `replay` gives them what is missing. Keys are the old ones, whichever side leads.
 */
import { RANGE, splitAtRange } from '../../operation/batch-template.js';
import type { BatchWork, KeyWalk, ReplayWork } from '../../operation/operation.js';
import { quoteLiteral } from '../../sql/identifier.js';
import {
  columnNames,
  nameThen,
  parentTwin,
  type ColumnsWindow,
  type LookedUp,
  type Side,
  type Twin,
  type TwinTable,
} from './columns-window.js';
import { repairOf } from './unconverted-parent.js';
import { asksParent, pairsOf, parentLookUp, type Pair } from './twin-values.js';

/** Of one reference. Who has more of them has another problem. */
export const ASIDE_AT_MOST = 10_000;

type Window = Pick<ColumnsWindow, 'tables'>;
/** A reference that is looked up. */
export type Reference = Twin & { readonly value: LookedUp };

/** What computes its value by itself has one, whether there is a parent or not. */
export function isSetAside({ value }: Twin): boolean {
  return value.kind === 'looked up' && value.orphans === 'quarantine' && !value.upheld && asksParent(value, 'old');
}

/** Those that are looked up; with them, in RETURNING, all that tells afterwards what was not found. */
export function lookedUpOf(twins: readonly Twin[]): readonly Reference[] {
  return twins.filter(isLookedUp);
}

function isLookedUp(twin: Twin): twin is Reference {
  return twin.value.kind === 'looked up' && asksParent(twin.value, 'old');
}

/** For RETURNING: key, and of each reference both sides and the rest of it. */
export function returnedOf(window: Window, table: TwinTable, references: readonly Reference[], leads: Side): string {
  const keys = table.key.map(
    ({ name }, index) => `${table.name}.${nameThen(table, name, leads)} AS lockstep_key${index}`,
  );
  const sides = references.flatMap((twin, index) => {
    const part = twin.value.where === null ? 'true' : `(${twin.value.where}\n) IS TRUE`;
    return [
      `${part} AND ${missing(twin, table.name, leads)} AS lockstep_missing${index}`,
      ...SIDES.flatMap((side) =>
        pairsOf(window, table, twin, side, leads).map(
          ({ own }, at) => `${table.name}.${own} AS lockstep_${side}${index}_${at}`,
        ),
      ),
    ];
  });
  return [...keys, ...sides].join(', ');
}

/** CTEs behind `changed`, each with a comma before it: what it has not filled, and what of it stands aside. */
export function unfilledOf(window: Window, table: TwinTable, references: readonly Reference[], leads: Side): string {
  if (references.length === 0) return '';
  const any = references.map((_, index) => `c.lockstep_missing${index}`).join(' OR ');
  const key = table.key.map((_, index) => `c.lockstep_key${index}::text`).join(', ');
  const found = references.map((twin, index) => {
    const by = SIDES.map((side) => {
      const pairs = pairsOf(window, table, twin, side, leads);
      const own = (at: number): string => `c.lockstep_${side}${index}_${at}`;
      const finds = pairs.map(({ theirs }, at) => `p.${theirs} = ${own(at)}`).join(' AND ');
      return {
        says: `${own(0)} IS NOT NULL`,
        finds: `EXISTS (SELECT FROM ${twin.value.parent} AS p WHERE ${finds})`,
        told: told(pairs, own, twin),
      };
    });
    // What it says stands on one side only, or nothing would be missing.
    const [old, other] = [by[0]!, by[1]!];
    const finds = `CASE WHEN ${old.says} THEN ${old.finds} ELSE ${other.finds} END`;
    return `SELECT ARRAY[${key}] AS key, ${isSetAside(twin) ? `NOT ${finds}` : 'false'} AS orphan, ${mayLackValue(window, twin) ? 'false' : finds} AS unconverted,
  CASE WHEN ${old.says} THEN ${old.told} ELSE ${other.told} END AS message, ${quoteLiteral(`${table.name}.${columnNames(twin, leads).new}`)} AS "column", ${quoteLiteral(twin.value.parent)} AS parent, ${quoteLiteral(repairOf(window, twin.value))} AS repair,
  ${rowOf(table, leads)} AS row
FROM changed AS c WHERE c.lockstep_missing${index}`;
  });
  return `, unfilled AS MATERIALIZED (
${found.join('\nUNION ALL\n')}
), aside AS (
SELECT key, (array_agg(row))[1] AS row, string_agg(message, '; ') AS message FROM unfilled WHERE orphan GROUP BY key
), lacking AS (
SELECT count(*) AS rows FROM changed AS c WHERE ${any}
)`;
}

/** Columns of the answer: who stands aside, and whose parent is there without a new key. */
export const ASIDE =
  "(SELECT json_agg(json_build_object('key', key, 'row', row, 'message', message)) FROM aside) AS aside";
export const UNCONVERTED = `(SELECT json_build_object('code', 'parent_not_converted', 'retry', false, 'rows', json_agg(json_build_object('column', u."column", 'parent', u.parent, 'repair', u.repair, 'row', u.row))) FROM (SELECT * FROM unfilled WHERE unconverted LIMIT 10) AS u HAVING count(*) > 0)`;

/** What a replay does with one row; none where no row of the fill stands aside. */
export function replayOf(
  window: Window,
  table: TwinTable,
  twins: readonly Twin[],
): Pick<BatchWork, 'replay'> | undefined {
  if (!twins.some(isSetAside)) return undefined;
  return {
    replay: {
      'old leads': replayWork(window, table, twins, 'old'),
      'new leads': replayWork(window, table, twins, 'new'),
    },
  };
}

/** References that are kept without a new value, where a parent has come since: nobody writes the child for that. */
export function lateParentsWork(window: Window, table: TwinTable): BatchWork | undefined {
  const late = table.twins.filter(
    (twin) => isLookedUp(twin) && !twin.value.upheld && ['keep', 'set_null'].includes(twin.value.orphans),
  );
  if (late.length === 0) return undefined;
  const missed = late.map((twin) => missing(twin, table.name, 'old')).join(' OR ');
  return {
    strategy: 'update in the order of the key, only rows whose new value is missing and whose parent is there',
    lock: null,
    template: replayWork(window, table, late, 'old', 'found').template,
    onViolation: null,
    rangeOf: table.name,
    explain: `SELECT FROM ${table.name} WHERE ${missed}`,
    provenance: false,
    ...(table.suppressed === true && { userTriggers: 'suppress' }),
  };
}

/** `found`: only rows whose parent is there; the others are not written for nothing. */
function replayWork(
  window: Window,
  table: TwinTable,
  twins: readonly Twin[],
  leads: Side,
  found: 'found' | 'all' = 'all',
): ReplayWork {
  const references = lookedUpOf(twins);
  const set = references.flatMap((twin) => {
    const { old, new: twinName } = columnNames(twin, leads);
    const value = (given: Side, column: string): string => {
      const { takes, finds } = parentLookUp(window, table, twin.old, twin.value, given, leads, table.name);
      const theirs = `(SELECT p.${takes} FROM ${twin.value.parent} AS p WHERE ${finds})`;
      const taken = twin.value.where === null ? theirs : `CASE WHEN (${twin.value.where}\n) THEN ${theirs} END`;
      return `${column} = coalesce(${table.name}.${column}, ${taken})`;
    };
    return [value('old', twinName), value('new', old)];
  });
  const isThere = (twin: Reference): string =>
    SIDES.map((given) => {
      const { finds } = parentLookUp(window, table, twin.old, twin.value, given, leads, table.name);
      return `EXISTS (SELECT FROM ${twin.value.parent} AS p WHERE ${finds})`;
    }).join(' OR ');
  const lacks = references
    .map((twin) => `${missing(twin, table.name, leads)}${found === 'found' ? ` AND (${isThere(twin)})` : ''}`)
    .join(' OR ');
  const text = `WITH changed AS (
UPDATE ${table.name} SET ${set.join(', ')}
WHERE ${RANGE} AND (${lacks})
RETURNING ${returnedOf(window, table, references, leads)}
)${unfilledOf(window, table, references, leads)}, met AS (
SELECT count(*) AS read FROM ${table.name} WHERE ${RANGE}
)
SELECT read, changed, greatest(read - changed - (SELECT count(*) FROM aside), 0) AS skipped, 0::bigint AS kept,
  NULL::json AS findings, ${UNCONVERTED} AS problem, ${ASIDE}
FROM met, (SELECT count(*) - (SELECT rows FROM lacking) AS changed FROM changed) AS written`;
  const key: KeyWalk['key'] = table.key.map(({ name, type }) => ({ name: nameThen(table, name, leads), type }));
  return { template: splitAtRange(text), key };
}

/** One side of it says something, and the other nothing. */
function missing(twin: Twin, row: string, leads: Side): string {
  const { old, new: twinName } = columnNames(twin, leads);
  return `(${row}.${old} IS NULL) <> (${row}.${twinName} IS NULL)`;
}

const SIDES: readonly Side[] = ['old', 'new'];

/** `user_id = 1003 finds no row of public.users`, SQL. */
export function told(pairs: readonly Pair[], valueOf: (at: number) => string, { value }: Reference): string {
  const parts = pairs.map(({ own }, at) => `${quoteLiteral(`${own} = `)} || coalesce(${valueOf(at)}::text, 'NULL')`);
  return `${parts.join(` || ', ' || `)} || ${quoteLiteral(` finds no row of ${value.parent}`)}`;
}

/** A parent that is itself a reference may have no new value, and that is no fault of anybody's. */
function mayLackValue(window: Window, { value }: Reference): boolean {
  const parent = parentTwin(window, value);
  return parent.value.kind === 'looked up' && !parent.value.upheld && parent.value.orphans !== 'fail';
}

const LONGEST_VALUE = 500;

function rowOf(table: TwinTable, leads: Side): string {
  const same = table.key.map(({ name }, index) => `t.${nameThen(table, name, leads)} = c.lockstep_key${index}`);
  return `(SELECT ${cutRow('t')} FROM ${table.name} AS t WHERE ${same.join(' AND ')})`;
}

export function cutRow(row: string): string {
  const value = `CASE WHEN pg_catalog.length(v.value::text) > ${LONGEST_VALUE} THEN pg_catalog.to_json(pg_catalog.left(v.value #>> '{}', ${LONGEST_VALUE}) || '…') ELSE v.value END`;
  return `(SELECT pg_catalog.json_object_agg(v.key, ${value}) FROM pg_catalog.json_each(pg_catalog.row_to_json(${row}.*)) AS v)`;
}
