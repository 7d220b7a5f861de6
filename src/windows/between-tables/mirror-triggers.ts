/** The triggers of a mirror: which writes call it. They fire whatever role a session has for replication (ENABLE ALWAYS). */
import { keyArray, sqlName, type MappedColumn } from '../../mapping/mapping.js';
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteIdentifier, quoteLiteral, unquoted } from '../../sql/identifier.js';
import type { Relation } from '../../catalog/catalog-snapshot.js';
import { isPartitioned } from './mirror-body.js';
import { echoText, keyColumns, keyIsCopied } from './row-parts.js';
import { ROW_EVENTS, type BackMirror, type Mirror, type MirroredEvent, type SourceColumn } from './tables-window.js';

/** `truncated`: keys of the source, the target and their partitions, which a TRUNCATE may name. */
export function createTriggers(mirror: Mirror, truncated: readonly string[]): readonly string[] {
  const { names, mapping, reads, back } = mirror;
  const echo = back === null ? '' : `${names.echo} <`;
  const source = sqlName(mapping.source);
  const made = ROW_EVENTS.map(
    (event) =>
      `CREATE TRIGGER ${names.trigger(event)} AFTER ${event.toUpperCase()} ON ${source} FOR EACH ROW${condition(event, mapping.source, reads, echo, back?.key ?? [])} EXECUTE FUNCTION ${names.mirror}()`,
  );
  const refused = truncated.map(
    (table) =>
      `CREATE TRIGGER ${names.trigger('truncate')} BEFORE TRUNCATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION ${names.refuseTruncate}()`,
  );
  return [...made, ...refused, ...always(mirror, truncated), ...createMoveTrigger(mirror)];
}

/** Where a key stays, it is not called. */
function createMoveTrigger(mirror: Mirror): readonly string[] {
  const { names, mapping, reads } = mirror;
  const key = keyColumns(mirror);
  const isRead = ({ name }: { readonly name: string }): boolean =>
    reads.some((read) => quoteIdentifier(read.name) === name);
  const copied = keyIsCopied(mirror);
  const changes = keyChanges(key, copied && key.every(isRead), reads);
  return moveTrigger(sqlName(mapping.source), names.moveTrigger, names.move, changes);
}

/** `copied`: the other side's key is nothing else. A BEFORE trigger cannot see generated columns. */
function keyChanges(
  key: readonly { readonly name: string }[],
  copied: boolean,
  reads: readonly SourceColumn[],
): string {
  const list = (of: string): string => key.map(({ name }) => `${of}.${name}`).join(', ');
  return copied ? `(${list('OLD')}) IS DISTINCT FROM (${list('NEW')})` : readsChange(reads);
}

function moveTrigger(table: string, name: string, calls: string, changes: string): readonly string[] {
  return [
    `CREATE TRIGGER ${name} BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (${changes}) EXECUTE FUNCTION ${calls}()`,
    `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name}`,
  ];
}

/** Of the target, for what answers writes to it. */
export function createBackTriggers(mirror: Mirror, back: BackMirror): readonly string[] {
  const { names, mapping } = mirror;
  const { reads } = back;
  const target = sqlName(mapping.target);
  const rows = ROW_EVENTS.flatMap((event) => [
    `CREATE TRIGGER ${names.trigger(event)} AFTER ${event.toUpperCase()} ON ${target} FOR EACH ROW${condition(event, mapping.target, reads, `${names.echo} >`, mapping.key)} EXECUTE FUNCTION ${names.mirrorBack}()`,
    `ALTER TABLE ${target} ENABLE ALWAYS TRIGGER ${names.trigger(event)}`,
  ]);
  if (back.onDelete !== 'delete') return rows;
  const key = [
    ...mapping.key,
    ...back.key.flatMap(({ plainColumn }) => plainColumn ?? []).map((name) => ({ name: quoteIdentifier(name) })),
  ];
  const changes = keyChanges(
    key,
    back.key.every(({ plainColumn }) => plainColumn !== null),
    reads,
  );
  return [...rows, ...moveTrigger(target, names.moveTrigger, names.moveBack, changes)];
}

export function dropBackTriggers({ names, mapping }: Mirror): readonly string[] {
  const target = sqlName(mapping.target);
  return [
    ...ROW_EVENTS.map((event) => `DROP TRIGGER ${names.trigger(event)} ON ${target}`),
    `DROP TRIGGER IF EXISTS ${names.moveTrigger} ON ${target}`,
  ];
}

/** Measured: DISABLE and ENABLE TRIGGER ALL make them ordinary ones, which a session can switch off. */
function always(mirror: Mirror, truncated: readonly string[]): readonly string[] {
  return triggersOf(mirror, truncated).map(
    ([table, trigger]) => `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${trigger}`,
  );
}

/**
 * `family`: keys of the table and its partitions. What answers writes to a target is another matter. Partitions are asked of the catalog:
 * some may have come, and been given a trigger (`partitions-since`), or gone.
 */
export function dropTriggersOn(mirror: Mirror, table: string, family: readonly string[]): readonly string[] {
  const { mapping } = mirror;
  if (sqlName(mapping.source) !== table && sqlName(mapping.target) !== table) return [];
  const own = triggersOf(mirror, family)
    .filter(([on]) => on === table)
    .map(([on, trigger]) => `DROP TRIGGER ${trigger} ON ${on}`);
  const moves =
    sqlName(mapping.source) === table ? [`DROP TRIGGER IF EXISTS ${mirror.names.moveTrigger} ON ${table}`] : [];
  return [...own, ...moves, ...(hasPartitions(mirror) ? [dropFromPartitions(mirror)] : [])];
}

export function hasPartitions({ mapping: { source, target } }: Pick<Mirror, 'mapping'>): boolean {
  return [source, target].some(({ kind }) => kind === 'partitioned table');
}

/**
 * Anybody may set a setting, and the transaction's number is no secret within it: measured, a session hid its writes so. But a mirror
 * writes as the owner of its function, who must be able to leave tombstones, and the application has no right on the journal.
 */
const MAY_ECHO = `pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')`;

/**
 * An update of what the mapping does not read is none of its business, nor is the echo of its own counterpart: of this row, in this
 * transaction, set by a mirror. NULL-safe: a session that never set the flag has none.
 */
function condition(
  event: MirroredEvent,
  table: Relation,
  reads: readonly SourceColumn[],
  echo: string,
  key: readonly MappedColumn[],
): string {
  const named = keyArray(key, event === 'delete' ? 'OLD' : 'NEW');
  const conditions = [
    ...(event === 'update' ? [readsChange(reads)] : []),
    ...(echo === ''
      ? []
      : [
          noEchoOf(echo, named),
          ...(event === 'delete' && isPartitioned(table) ? [noEchoOf(echo, named, 'left')] : []),
        ]),
  ];
  return conditions.length === 0 ? '' : ` WHEN (${conditions.join(' AND ')})`;
}

function readsChange(reads: readonly SourceColumn[]): string {
  const row = (of: string): string =>
    `ROW(${reads.map(({ name }) => `${of}.${quoteIdentifier(name)}`).join(', ')})::record`;
  return `${row('OLD')} *<> ${row('NEW')}`;
}

/** `left`: the row goes to another partition, so the key that it leaves is deleted. */
function noEchoOf(echo: string, named: string, setting: 'echo' | 'left' = 'echo'): string {
  return `(pg_catalog.current_setting('lockstep.${setting}', true) IS DISTINCT FROM ${echoText(echo, named)} OR NOT ${MAY_ECHO})`;
}

/**
 * Violated by every trigger of the mirror that is gone, or that some session can keep from firing: then the two sides may
 * have parted.
 */
export function mirrorIsIntact(mirror: Mirror, truncated: readonly string[]): CheckQuery {
  const { source, target } = mirror.mapping;
  const rows = missingTriggers(
    [
      ...triggersOf(mirror, truncated),
      ...(mirror.back === null
        ? []
        : ROW_EVENTS.map((event) => [sqlName(target), mirror.names.trigger(event)] as const)),
      [sqlName(source), mirror.names.moveTrigger, mirror.names.move],
      ...(mirror.back?.onDelete === 'delete'
        ? [[sqlName(target), mirror.names.moveTrigger, mirror.names.moveBack] as const]
        : []),
    ],
    [sqlName(source), sqlName(target)],
  );
  return {
    check: 'mirror',
    name: `the mirror of ${mirror.mapping.name} is as it was made`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}

/**
 * `there`: tables that must be there; a partition may have been dropped since, and what it held was compared. With a function: only
 * where that is there. A window of before keys were followed has none.
 */
function missingTriggers(
  triggers: readonly (readonly [table: string, trigger: string, calls?: string])[],
  there: readonly string[],
): string {
  const gone = [...new Set(triggers.map(([table]) => table))].some((table) => !there.includes(table))
    ? `(p.relid IS NOT NULL OR w.table_name IN (${[...new Set(there)].map(quoteLiteral).join(', ')})) AND `
    : '';
  const wanted = triggers.map(
    ([table, trigger, calls]) =>
      `(${quoteLiteral(table)}, ${quoteLiteral(unquoted(trigger))}, ${!trigger.endsWith(' t"')}, ${calls === undefined ? 'NULL' : quoteLiteral(calls)})`,
  );
  // On a partitioned table each partition has a row trigger of its own, which can be disabled by itself.
  return `SELECT p.relid::regclass::text AS "table", w.trigger_name AS "trigger" FROM (VALUES ${wanted.join(', ')}) AS w (table_name, trigger_name, spreads, calls)
CROSS JOIN LATERAL (SELECT pg_catalog.to_regclass(w.table_name) AS relid UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t WHERE w.spreads) AS p
WHERE ${gone}(w.calls IS NULL OR pg_catalog.to_regproc(w.calls) IS NOT NULL) AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = p.relid AND g.tgenabled = 'A'
  AND (g.tgname = w.trigger_name OR g.tgparentid <> 0) AND g.tgfoid IN (SELECT o.tgfoid FROM pg_catalog.pg_trigger AS o WHERE o.tgrelid = pg_catalog.to_regclass(w.table_name) AND o.tgname = w.trigger_name))`;
}

/** For a batch: a condition that holds while the mirror's row triggers fire in every session. */
export function mirrorFires(mirror: Mirror): string {
  return `NOT EXISTS (${missingTriggers(triggersOf(mirror, []), [sqlName(mirror.mapping.source)])})`;
}

/** Those that refuse a TRUNCATE, wherever they are but on the two tables themselves. */
function dropFromPartitions({ mapping: { source, target }, names: { refuseTruncate, trigger } }: Mirror): string {
  const name = trigger('truncate');
  const roots = [source, target].map((table) => `pg_catalog.to_regclass(${quoteLiteral(sqlName(table))})::oid`);
  return `DO ${quoteLiteral(`
DECLARE
  part regclass;
BEGIN
  FOR part IN
    SELECT g.tgrelid FROM pg_catalog.pg_trigger AS g
    WHERE g.tgfoid = ${quoteLiteral(`${refuseTruncate}()`)}::pg_catalog.regprocedure AND g.tgname = ${quoteLiteral(unquoted(name))} AND NOT (g.tgrelid = ANY (ARRAY[${roots.join(', ')}]))
  LOOP
    EXECUTE pg_catalog.format('DROP TRIGGER ${name.replaceAll("'", "''").replaceAll('%', '%%')} ON %s', part);
  END LOOP;
END`)}`;
}

function triggersOf({ names, mapping }: Mirror, truncated: readonly string[]): readonly (readonly [string, string])[] {
  const source = sqlName(mapping.source);
  return [
    ...ROW_EVENTS.map((event) => [source, names.trigger(event)] as const),
    ...truncated.map((table) => [table, names.trigger('truncate')] as const),
  ];
}
