/**
 * What a mirror does when a row of its target changes, PL/pgSQL: the source follows in the same transaction, as far as it can
 * say what the target says. What it cannot say is refused, or recorded, as the plan wants it: after the write the source must
 * map to the very row that was written. Where triggers of the source have changed what was written there, the target follows
 * them once more.
 */
import { keyArray, rowsDiffer, sqlName, type MappedColumn } from '../../mapping/mapping.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { clearDeleted, isDeleted, noteDeleted, noteWriter } from './journal-notes.js';
import { echo, recordFailure, restoreEcho, type BodyOf } from './mirror-body.js';
import { backWay, followMoves, lookForOldKey, movesAreNoted } from './move-rows.js';
import { fields, indented, names, overriding, readAsItIs, rest } from './row-parts.js';
import type { BackMirror, Mirror } from './tables-window.js';

export function backBody(mirror: Mirror, back: BackMirror, window: BodyOf): string {
  const { name, onMirrorError } = window;
  const takes = back.onDelete === 'delete';
  const forgets = back.onDelete === 'ignore';
  const way = backWay(mirror, back);
  // Where both rows are one, a key that changes is followed; else the target row stands for another source row from now on.
  const moved = takes ? `TG_OP = 'UPDATE' AND NOT ${targetKeyIs(mirror, 'OLD', 'NEW')}` : 'false';
  const follow = takes
    ? `  IF moved OR ${movesAreNoted(way)} THEN
${indented(followMoves(way, name, 'gone_row'), '    ')}
  END IF;
`
    : '';
  const takesAnother = takes ? 'NOT had AND followed IS NOT TRUE' : 'NOT had OR moved';
  return `
#variable_conflict use_column
DECLARE
  gone record;
  now record;
  come record;
  gone_row text[];
  come_row text[];
  gone_key text[];
  come_key text[];
  had boolean := false;
  has boolean := false;
  moved boolean := false;
  followed boolean;
  written boolean := false;
  mine bigint;
  fits boolean;
  n bigint;
  scans text := pg_catalog.current_setting('enable_seqscan');
  echo text := pg_catalog.current_setting('lockstep.echo', true);
  said text;
BEGIN
${window.leads === 'old' ? noteWriter(mirror, name, 'new') : ''}${readRows(mirror, back)}
  IF had THEN
    moved := ${moved};
    IF has AND NOT moved THEN
      moved := NOT ${ownKeyIs(mirror, back, 'come', 'gone')};
    END IF;
  END IF;
${onMirrorError === 'record' ? '  BEGIN\n' : ''}${follow}  IF had AND (NOT has OR gone_key OPERATOR(pg_catalog.<>) come_key) THEN
    n := 0;
    IF TG_OP = 'UPDATE' THEN
      ${indented(lookForOldKey(way), '      ').trimStart()}
    END IF;
    IF n = 0 THEN
      ${noteDeleted(mirror, name, 'gone')}
    END IF;
  END IF;
${forgets ? changesHands(mirror, back, name) : leaveSource(mirror, back, name, takes)}  IF has THEN
    IF NOT had OR gone_key OPERATOR(pg_catalog.<>) come_key THEN
${clearDeleted(mirror, name)}
    END IF;
    IF ${takesAnother} THEN
${lockSource(mirror, back, 'come')}${refuse(mirror, name, standsForAnother(mirror, back, name), 'the row there stands for another one already', '      ')}
    END IF;
${echo(mirror, '<', 'come_row', 'gone_row')}    IF NOT written THEN
${indented(writeSource(mirror, back, takes), '  ')}
    END IF;
${checkFit(mirror, back, name)}
  END IF;
${restoreEcho(mirror)}${onMirrorError === 'record' ? recordFailure(mirror, name, 'old') : ''}  RETURN NULL;
END`;
}

/** `…_row`: the key of the source row; `…_key`: of the target row, as tombstones have it. `now`: the target row as it is. */
function readRows(
  { names: { back, belongs }, mapping, belongsBy, names: own }: Mirror,
  { reads, key }: BackMirror,
): string {
  const of = (row: string): string => reads.map(({ name }) => `${row}.${quoteIdentifier(name)}`).join(', ');
  const ours = (row: string): string =>
    mapping.targetWhere === null
      ? 'true'
      : `${belongs}(${belongsBy.map(({ name }) => `${row}.${quoteIdentifier(name)}`).join(', ')})`;
  const read = (row: string, as: string, flag: string): string => `    ${flag} := ${ours(row)};
    IF ${flag} THEN
      SELECT b.* INTO ${as} FROM ${back}(${of(row)}) AS b;
      ${as}_row := ${keyArray(key, as)};
      ${as}_key := ${keyArray(mapping.key, row)};
    END IF;`;
  const present = (row: string): string =>
    `SELECT t.* INTO now FROM ${sqlName(mapping.target)} AS t WHERE ${own.sameKey}(${fields(mapping.key, 't')}, ${fields(mapping.key, row)});`;
  return `  IF TG_OP <> 'INSERT' THEN
${read('OLD', 'gone', 'had')}
  END IF;
${readAsItIs(present, 'fits')}  IF fits THEN
${read('now', 'come', 'has')}
  END IF;`;
}

/** The target row goes, or stands for another source row from now on. */
function leaveSource(mirror: Mirror, back: BackMirror, window: string, takes: boolean): string {
  const source = sqlName(mirror.mapping.source);
  const leaves = takes ? 'NOT has AND (NOT moved OR followed IS NULL)' : '(NOT has OR moved)';
  return `  IF had AND ${leaves} THEN
${echo(mirror, '<', 'gone_row')}    ${takes ? `DELETE FROM ${source} AS s WHERE ${ownKeyIs(mirror, back, 's', 'gone')};` : `PERFORM ${mirror.names.unset}(${fields(back.key, 'gone')});`}
${takes ? '' : stillThere(mirror, back, window)}  END IF;
`;
}

/** Nobody tells the source row that its target row has another one now: where it would go on saying the same, it is refused. */
function changesHands(mirror: Mirror, back: BackMirror, window: string): string {
  const { mapping, names: own } = mirror;
  const same = `EXISTS (SELECT FROM ${sqlName(mapping.source)} AS s CROSS JOIN LATERAL ${own.row}(${values(mirror, 's')}) AS r WHERE ${ownKeyIs(mirror, back, 's', 'gone')} AND ${targetKeyIs(mirror, 'r', 'now')})`;
  return `  IF moved THEN
${lockSource(mirror, back, 'gone')}${refuse(mirror, window, same, 'the old shape would still hold it', '    ')}
  END IF;
`;
}

/**
 * Whether a target row that comes would take a source row from what it stands for. Where both rows go together, one that is there
 * is another mapping's, or none's, unless it says this very row: its values would be gone. Else it may be there, but for another target row.
 */
function standsForAnother(mirror: Mirror, back: BackMirror, window: string): string {
  const from = `${sqlName(mirror.mapping.source)} AS s`;
  const own = ownKeyIs(mirror, back, 's', 'come');
  if (back.onDelete === 'delete')
    return `EXISTS (SELECT FROM ${from} WHERE ${own}) AND NOT EXISTS (SELECT FROM ${from} CROSS JOIN LATERAL ${mirror.names.row}(${values(mirror, 's')}) AS r WHERE ${own} AND ${targetKeyIs(mirror, 'r', 'now')})`;
  return `EXISTS (SELECT FROM ${from} CROSS JOIN LATERAL ${mirror.names.row}(${values(mirror, 's')}) AS r WHERE ${own} AND NOT ${targetKeyIs(mirror, 'r', 'now')}${back.onDelete === 'ignore' ? ` AND NOT ${isDeleted(mirror, window, 'r')}` : ''})`;
}

/**
 * Before it is asked what the source row stands for: whoever writes it, on either side, is waited for. Measured: without that
 * two target rows for one source row were both acknowledged, and the source said the second.
 */
function lockSource(mirror: Mirror, back: BackMirror, row: 'come' | 'gone'): string {
  return `      PERFORM FROM ${sqlName(mirror.mapping.source)} AS s WHERE ${ownKeyIs(mirror, back, 's', row)} FOR NO KEY UPDATE;\n`;
}

/** Where the key of a row changes that both sides share, its source row keeps what is not mapped. */
function writeSource(mirror: Mirror, back: BackMirror, takes: boolean): string {
  const { mapping } = mirror;
  const source = sqlName(mapping.source);
  const others = back.columns.filter((column) => !back.key.includes(column));
  const set = (columns: readonly MappedColumn[]): string =>
    columns.map(({ name }) => `${name} = come.${name}`).join(', ');
  const update = (columns: readonly MappedColumn[], of: string): string =>
    `UPDATE ${source} AS s SET ${set(columns.length === 0 ? back.key : columns)} WHERE ${ownKeyIs(mirror, back, 's', of)};`;
  const insert = `    IF NOT FOUND THEN
      INSERT INTO ${source} (${names(back.columns)})${overriding(back.columns)} VALUES (${fields(back.columns, 'come')});
    END IF;`;
  if (!takes) return `    ${update(others, 'come')}\n${insert}`;
  return `    IF moved AND followed IS NULL THEN
      ${update(back.columns, 'gone')}
    ELSE
      ${update(others, 'come')}
    END IF;
${insert}`;
}

function checkFit(mirror: Mirror, back: BackMirror, window: string): string {
  const { mapping } = mirror;
  const source = sqlName(mapping.source);
  const target = sqlName(mapping.target);
  const others = rest(mirror);
  const from = `${source} AS s CROSS JOIN LATERAL ${mirror.names.row}(${values(mirror, 's')}) AS r WHERE ${ownKeyIs(mirror, back, 's', 'come')}`;
  const same = `${targetKeyIs(mirror, 'r', 'now')} AND NOT ${rowsDiffer('r', 'now', others)}`;
  const changed = back.columns.filter((column) => !back.key.includes(column));
  const follow =
    others.length === 0
      ? ''
      : `    IF NOT fits AND EXISTS (SELECT FROM ${source} AS s WHERE ${ownKeyIs(mirror, back, 's', 'come')} AND ${rowsDiffer('s', 'come', changed)}) THEN
  ${echo(mirror, '>', 'come_key')}      UPDATE ${target} AS t SET ${others.map(({ name }) => `${name} = r.${name}`).join(', ')}
      FROM ${from} AND ${targetKeyIs(mirror, 'r', 'now')} AND ${targetKeyIs(mirror, 't', 'r')};
      fits := FOUND;
    END IF;
`;
  return `    fits := EXISTS (SELECT FROM ${from} AND ${same});
${follow}${refuse(mirror, window, 'NOT fits', 'the old shape cannot say it', '    ')}`;
}

/** What stays of the source row must not stand for the target row any more. */
function stillThere(mirror: Mirror, back: BackMirror, window: string): string {
  const { mapping } = mirror;
  const there = `EXISTS (SELECT FROM ${sqlName(mapping.source)} AS s CROSS JOIN LATERAL ${mirror.names.row}(${values(mirror, 's')}) AS r WHERE ${ownKeyIs(mirror, back, 's', 'gone')})`;
  return `${refuse(mirror, window, there, 'the old shape would still hold it', '    ')}\n`;
}

function refuse(mirror: Mirror, window: string, when: string, why: string, indent: string): string {
  const { mapping } = mirror;
  const table = sqlName(mapping.source).replaceAll("'", "''").replaceAll('%', '%%');
  return `${indent}IF ${when} THEN
${indent}  RAISE EXCEPTION 'lockstep window %: a write to % does not fit into ${table}: ${why}', ${quoteLiteral(quoteIdentifier(window))}, TG_RELID::pg_catalog.regclass
${indent}    USING ERRCODE = 'check_violation', DETAIL = pg_catalog.format('Key (%s)=(%s)', ${quoteLiteral(names(mapping.key))}, pg_catalog.array_to_string(coalesce(come_key, gone_key), ', '));
${indent}END IF;`;
}

function values({ reads }: Mirror, of: string): string {
  return reads.map(({ name }) => `${of}.${quoteIdentifier(name)}`).join(', ');
}

function ownKeyIs({ names: { sameSource } }: Mirror, { key }: BackMirror, left: string, right: string): string {
  return `${sameSource}(${fields(key, left)}, ${fields(key, right)})`;
}

function targetKeyIs({ names: { sameKey }, mapping }: Mirror, left: string, right: string): string {
  return `${sameKey}(${fields(mapping.key, left)}, ${fields(mapping.key, right)})`;
}
