/**
 * What a mirror does when a row of its source changes; PL/pgSQL. The target follows in the same transaction: what is
 * committed on one side is committed on both.
 *
 * A writer that is not READ COMMITTED does not see what a batch committed after its snapshot: its DELETE of the target row
 * finds nothing, and the row would be back. So where nothing is found, it inserts the old row: an invisible one makes that
 * fail with 40001, as any conflict of such a writer does. Measured: 4 to 8 rows in some thousands without the rule.
 */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import { keyArray, sqlName, type MappedColumn } from '../../mapping/mapping.js';
import { hasOneImage } from '../../mapping/rows-differ-fast.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { OLD_SNAPSHOT } from '../old-snapshot.js';
import { bringParents } from './bring-parents.js';
import { askForInvisible } from './invisible-row.js';
import { endOfMove, noteFailure } from './journal-notes.js';
import { belongsTo, echoText, fields, indented, keyIs, names, overriding } from './row-parts.js';
import type { Mirror, TablesWindow } from './tables-window.js';

export type BodyOf = Pick<TablesWindow, 'name' | 'onMirrorError' | 'leads'>;

/**
 * Names the row that the next statement writes, for the opposite mirror's condition. Restored by hand: a SET of the function
 * itself is refused to ordinary roles for settings of this kind. `left`: the key that it leaves; where the row goes to another partition, it
 * is deleted there.
 */
export function echo({ names, back, mapping }: Mirror, way: '>' | '<', key: string, left?: string): string {
  if (back === null) return '';
  const written = way === '>' ? mapping.target : mapping.source;
  const named = (setting: string, of: string): string =>
    `    said := pg_catalog.set_config('${setting}', ${echoText(`${names.echo} ${way}`, of)}, true);\n`;
  return `${named('lockstep.echo', key)}${left === undefined || !isPartitioned(written) ? '' : named('lockstep.left', left)}`;
}

export function restoreEcho({ back, mapping: { source, target } }: Mirror): string {
  const left =
    isPartitioned(source) || isPartitioned(target)
      ? `  said := pg_catalog.set_config('lockstep.left', '', true);\n`
      : '';
  return back === null ? '' : `${left}  said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);\n`;
}

/** Its rows may go to another partition. */
export function isPartitioned({ kind }: Relation): boolean {
  return kind === 'partitioned table';
}

/** Conflicts with other writers are the application's to retry; what the target refuses is noted down. */
export function recordFailure(mirror: Mirror, window: string, side: 'old' | 'new'): string {
  return `  EXCEPTION
    WHEN serialization_failure OR deadlock_detected OR lock_not_available OR insufficient_resources OR operator_intervention THEN
      RAISE;
    WHEN OTHERS THEN
      ${noteFailure(mirror, window, side)}
      ${endOfMove()}
  END;
`;
}

export function readRows({ names: { row }, reads, mapping: { key } }: Mirror): string {
  const of = (record: string): string => reads.map(({ name }) => `${record}.${quoteIdentifier(name)}`).join(', ');
  return `  IF TG_OP <> 'INSERT' THEN
    SELECT r.* INTO gone FROM ${row}(${of('OLD')}) AS r;
    had := FOUND;
    gone_key := ${keyArray(key, 'gone')};
  END IF;
  IF TG_OP <> 'DELETE' THEN
    SELECT r.* INTO come FROM ${row}(${of('NEW')}) AS r;
    has := FOUND;
    come_key := ${keyArray(key, 'come')};
  END IF;`;
}

/**
 * Planned each time: a session keeps the plan of what stands in a function as text, and a target that is empty when its first
 * write comes is read as a whole. That plan would stay when the fill has brought millions of rows.
 */
export function deleteRow(mirror: Mirror, more: string, indent: string): string {
  const { mapping } = mirror;
  const target = sqlName(mapping.target);
  const belongs = belongsTo(mirror, 't');
  const gone = mapping.columns.map(({ name }, index) => `$${index + 1} AS ${name}`).join(', ');
  const remove = (condition: string): string => {
    const sql = `DELETE FROM ${target} AS t USING (SELECT ${gone}) AS gone WHERE ${keyIs(mirror, 't', 'gone')}${belongs === '' ? '' : ` AND ${belongs}`}${condition}`;
    return `EXECUTE ${quoteLiteral(sql)} USING ${fields(mapping.columns, 'gone')};`;
  };
  const text = `${remove(more)}
GET DIAGNOSTICS n = ROW_COUNT;
IF n = 0 AND ${OLD_SNAPSHOT} THEN
${indented(askForInvisible(mirror), '  ')}
END IF;`;
  return indented(text, indent);
}

/** The row that is `come`, whether or not it is there. */
export function upsertRow(mirror: Mirror, window: string): string {
  const { mapping } = mirror;
  const target = sqlName(mapping.target);
  const belongs = belongsTo(mirror, 't');
  return `${bringParents(mirror, { name: window })}${echo(mirror, '>', 'come_key')}    INSERT INTO ${target} AS t (${names(mapping.columns)})${overriding(mapping.columns)} VALUES (${fields(mapping.columns, 'come')})
    ON CONFLICT (${names(mapping.key)}) DO UPDATE SET ${assignments(mapping.columns, mapping.key)}${belongs === '' ? '' : ` WHERE ${belongs}`};
    IF NOT FOUND THEN
      ${belongsToOthers(mirror, window, 'come_key')}
    END IF;`;
}

/**
 * A key is set only where its type calls several spellings equal: the target takes the new one. The key stands for itself where
 * nothing else is mapped: an update that changes nothing, and counts as found.
 */
function assignments(columns: readonly MappedColumn[], key: readonly MappedColumn[]): string {
  const set = columns.filter((column) => !key.includes(column) || !hasOneImage(column.type));
  return (set.length === 0 ? key : set).map(({ name }) => `${name} = EXCLUDED.${name}`).join(', ');
}

/** `key`: text[]. */
export function belongsToOthers({ mapping }: Mirror, window: string, key: string): string {
  return `RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others', ${quoteLiteral(quoteIdentifier(window))}, ${quoteLiteral(sqlName(mapping.target))}
        USING ERRCODE = 'unique_violation', DETAIL = pg_catalog.format('Key (%s)=(%s)', ${quoteLiteral(names(mapping.key))}, pg_catalog.array_to_string(${key}, ', '));`;
}
