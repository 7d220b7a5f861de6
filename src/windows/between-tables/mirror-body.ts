/**
 * What a mirror does when a row of its source changes; PL/pgSQL. The target follows in the same transaction: what is
 * committed on one side is committed on both.
 *
 * A writer that is not READ COMMITTED does not see what a batch committed after its snapshot: its DELETE of the target row
 * finds nothing, and the row would be back. So where nothing is found, it inserts the old row: an invisible one makes that
 * fail with 40001, as any conflict of such a writer does. Measured: 4 to 8 rows in some thousands without the rule.
 */
import { keyArray, rowsDiffer, sqlName, type MappedColumn } from '../../mapping/mapping.js';
import { unfilledDiffer } from '../../mapping/unfilled-columns.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { bringParents } from './bring-parents.js';
import { forgottenColumns, isForgotten, lookForForgotten } from './forgotten-rows.js';
import { askForInvisible } from './invisible-row.js';
import { belongsTo, entry, fields, indented, keyIs, names, overriding, rest } from './row-parts.js';
import type { Mirror, TablesWindow } from './tables-window.js';

export type BodyOf = Pick<TablesWindow, 'name' | 'onMirrorError' | 'leads'>;

export function forwardBody(mirror: Mirror, window: BodyOf): string {
  const { mapping } = mirror;
  const { name } = window;
  const target = sqlName(mapping.target);
  const belongs = belongsTo(mirror, 't');
  return `
#variable_conflict use_column
DECLARE
  gone record;
  come record;
  gone_key text[];
  come_key text[];
  had boolean := false;
  has boolean := false;
  moved boolean;${forgottenColumns(mirror)}
  n bigint;
  echo text := current_setting('lockstep.echo', true);
BEGIN
${window.leads === 'new' ? noteWriter(mirror, name, 'old') : ''}${readRows(mirror)}
  moved := had;
  IF had AND has THEN
    moved := NOT ${keyIs(mirror, 'come', 'gone')};
  END IF;
${lookForForgotten(mirror, name)}${window.onMirrorError === 'record' ? '  BEGIN\n' : ''}  IF moved THEN
${echo(mirror, '>', 'gone_key')}${deleteRow(mirror, '', '    ')}
    INSERT INTO lockstep.tombstone (window_name, mapping, key) VALUES (${entry(mirror, name, 'gone')}) ON CONFLICT DO NOTHING;
  END IF;
  IF has${isForgotten(mirror)} THEN
    IF moved OR NOT had THEN
${clearTombstone(mirror, name)}
    END IF;
${bringParents(mirror, window)}${echo(mirror, '>', 'come_key')}    INSERT INTO ${target} AS t (${names(mapping.columns)})${overriding(mapping.columns)} VALUES (${fields(mapping.columns, 'come')})
    ON CONFLICT (${names(mapping.key)}) DO UPDATE SET ${assignments(mapping.columns, mapping.key)}${belongs === '' ? '' : ` WHERE ${belongs}`};
    IF NOT FOUND THEN
      RAISE EXCEPTION 'lockstep window %: the row of ${target.replaceAll("'", "''").replaceAll('%', '%%')} with this key belongs to others', ${quoteLiteral(quoteIdentifier(name))}
        USING ERRCODE = 'unique_violation', DETAIL = ${keyText(mirror, 'come')};
    END IF;
  END IF;
${restoreEcho(mirror)}${window.onMirrorError === 'record' ? recordFailure(mirror, name, 'new') : ''}  RETURN NULL;
END`;
}

/**
 * Who writes the side that does not lead: it can be closed once nobody does. One row for each transaction, without a unique
 * index that two of them could meet at. What another mirror writes there, in this transaction, somebody wrote elsewhere.
 */
export function noteWriter({ names, mapping }: Mirror, window: string, side: 'old' | 'new'): string {
  return `  IF strpos(coalesce(echo, ''), pg_current_xact_id()::text || ' {') = 0 AND current_setting('lockstep.seen', true) IS DISTINCT FROM pg_current_xact_id()::text || ${quoteLiteral(` ${names.echo} ${side}`)} THEN
    INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES (${quoteLiteral(window)}, ${quoteLiteral(mapping.name)}, '${side}');
    PERFORM set_config('lockstep.seen', pg_current_xact_id()::text || ${quoteLiteral(` ${names.echo} ${side}`)}, true);
  END IF;
`;
}

/**
 * Names the row that the next statement writes, for the opposite mirror's condition. Restored by hand: a SET of the function
 * itself is refused to ordinary roles for settings of this kind.
 */
export function echo({ names, back }: Mirror, way: '>' | '<', key: string): string {
  if (back === null) return '';
  return `    PERFORM set_config('lockstep.echo', ${quoteLiteral(`${names.echo} ${way} `)} || pg_current_xact_id()::text || ' ' || ${key}::text, true);\n`;
}

export function restoreEcho({ back }: Mirror): string {
  return back === null ? '' : `  PERFORM set_config('lockstep.echo', coalesce(echo, ''), true);\n`;
}

/** Conflicts with other writers are the application's to retry; what the target refuses is noted down. */
export function recordFailure(mirror: Mirror, window: string, side: 'old' | 'new'): string {
  const key = (of: string, there: string): string => `CASE WHEN ${there} THEN ${of}_key END`;
  return `  EXCEPTION
    WHEN serialization_failure OR deadlock_detected OR lock_not_available OR insufficient_resources OR operator_intervention THEN
      RAISE;
    WHEN OTHERS THEN
      INSERT INTO lockstep.mirror_failure (window_name, mapping, side, operation, key_before, key_after, sqlstate, message)
      VALUES (${quoteLiteral(window)}, ${quoteLiteral(mirror.mapping.name)}, '${side}', lower(TG_OP), ${key('gone', 'had')}, ${key('come', 'has')}, SQLSTATE, SQLERRM);
  END;
`;
}

/**
 * On the way back: a change of a source row takes the target row away, where it still says what the mapping says, nobody
 * wrote its other columns, and it was not there before the window; nothing new appears. So batches and writers need not wait for one another.
 */
export function leavingBody(mirror: Mirror, _window: Pick<TablesWindow, 'name'>, noted: string): string {
  const { mapping } = mirror;
  const before = `NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE ${noted} AND a.key = ${keyArray(mapping.key, 't')})`;
  return `
#variable_conflict use_column
DECLARE
  gone record;
  come record;
  gone_key text[];
  come_key text[];
  had boolean := false;
  has boolean := false;
  n bigint;
BEGIN
${readRows(mirror)}
  IF had THEN
${deleteRow(mirror, ` AND NOT ${rowsDiffer('t', 'gone', rest(mirror))} AND NOT ${unfilledDiffer('t', mapping)} AND ${before}`, '    ')}
  END IF;
  RETURN NULL;
END`;
}

function readRows({ names: { row }, reads, mapping: { key } }: Mirror): string {
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
function deleteRow(mirror: Mirror, more: string, indent: string): string {
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
IF n = 0 AND current_setting('transaction_isolation') <> 'read committed' THEN
${indented(askForInvisible(mirror), '  ')}
END IF;`;
  return indented(text, indent);
}

/** An invisible tombstone of another's DELETE must not stay when the row is back. Planned each time, as above. */
export function clearTombstone(mirror: Mirror, window: string): string {
  const sql = 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key = $3';
  const remove = `EXECUTE ${quoteLiteral(sql)} USING ${quoteLiteral(window)}, ${quoteLiteral(mirror.mapping.name)}, come_key;\nGET DIAGNOSTICS n = ROW_COUNT;`;
  return indented(
    `${remove}
IF n = 0 AND current_setting('transaction_isolation') <> 'read committed' THEN
  INSERT INTO lockstep.tombstone (window_name, mapping, key) VALUES (${entry(mirror, window, 'come')}) ON CONFLICT DO NOTHING;
  ${remove}
END IF;`,
    '      ',
  );
}

/** The key stands for itself where nothing else is mapped: an update that changes nothing, and counts as found. */
function assignments(columns: readonly MappedColumn[], key: readonly MappedColumn[]): string {
  const others = columns.filter((column) => !key.includes(column));
  return (others.length === 0 ? key : others).map(({ name }) => `${name} = EXCLUDED.${name}`).join(', ');
}

function keyText({ mapping }: Mirror, of: string): string {
  return `format('Key (%s)=(%s)', ${quoteLiteral(names(mapping.key))}, array_to_string(${of}_key, ', '))`;
}
