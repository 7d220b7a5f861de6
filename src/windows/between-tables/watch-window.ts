/**
 * What is written between the comparison of a whole window and its cutover: keys, by triggers of their own that are there only
 * so long. So under the lock these rows alone are compared again, and of them those that were not compared shortly before it.
 * Measured: a whole comparison takes a second for 1.5 million rows, and that long nobody could write; the keys of 30,000
 * transactions took 0.4 s.
 */
import { anyKeyDiffers } from '../../mapping/in-sync.js';
import { keyArray, sqlName } from '../../mapping/mapping.js';
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import type { Backlog } from '../../operation/operation.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { windowTrigger } from '../trigger-function.js';
import { computes } from './row-parts.js';
import { noteTouched } from './journal-notes.js';
import type { Mirror, TablesWindow } from './tables-window.js';

/** Makes the functions, whether or not they are there; the triggers of each table come after them. */
export function defineWatch({ name, mirrors }: TablesWindow): readonly string[] {
  return mirrors.flatMap((mirror) => [
    watchFunction(mirror, name),
    `REVOKE ALL ON FUNCTION ${mirror.names.watch}() FROM PUBLIC`,
  ]);
}

/** Of one table. REPLACE, which is no DROP: nobody who reads has to wait for it. */
export function watchTable({ mirrors }: Pick<TablesWindow, 'mirrors'>, table: string): readonly string[] {
  return watched(mirrors, table).flatMap(({ names, side }) => [
    // By an argument: a trigger on a partition is told the partition, not the table that it was made on.
    `CREATE OR REPLACE TRIGGER ${names.watchTrigger} AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${names.watch}('${side}')`,
    `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${names.watchTrigger}`,
  ]);
}

/** Whether or not they are there. */
export function unwatchTable({ mirrors }: Pick<TablesWindow, 'mirrors'>, table: string): readonly string[] {
  return watched(mirrors, table).map(({ names }) => `DROP TRIGGER IF EXISTS ${names.watchTrigger} ON ${table}`);
}

/** When no trigger calls the functions any more: nobody writes entries, so they are deleted under no lock. */
export function forgetWatch({ name, mirrors }: TablesWindow): readonly string[] {
  return [
    ...mirrors.map(({ names }) => `DROP FUNCTION IF EXISTS ${names.watch}()`),
    `DELETE FROM lockstep.touched WHERE window_name = ${quoteLiteral(name)}`,
  ];
}

type Side = 'old' | 'new';

function watched(mirrors: readonly Mirror[], table: string): readonly { names: Mirror['names']; side: Side }[] {
  return mirrors.flatMap(({ names, mapping: { source, target } }) => [
    ...(sqlName(source) === table ? [{ names, side: 'old' as const }] : []),
    ...(sqlName(target) === table ? [{ names, side: 'new' as const }] : []),
  ]);
}

function watchFunction(mirror: Mirror, window: string): string {
  const { names, mapping, reads } = mirror;
  const ofSource = (row: string): string =>
    `SELECT ${keyArray(mapping.key, 'r')} FROM ${names.row}(${reads.map(({ name }) => `${row}.${quoteIdentifier(name)}`).join(', ')}) AS r`;
  const ofTarget = (row: string): string => `SELECT ${keyArray(mapping.key, row)}`;
  const note = (keys: string): string => noteTouched(mirror, window, keys);
  // Of a row that keeps its key one entry: both would be seen together or not at all.
  const each = (of: (row: string) => string): string => `    IF TG_OP = 'UPDATE' THEN
      ${note(`${of('OLD')} UNION ${of('NEW')}`)}
    ELSIF TG_OP = 'INSERT' THEN
      ${note(of('NEW'))}
    ELSE
      ${note(of('OLD'))}
    END IF;`;
  const body = `
BEGIN
  IF TG_ARGV[0] = 'old' THEN
${each(ofSource)}
  ELSE
${each(ofTarget)}
  END IF;
  RETURN NULL;
END`;
  return windowTrigger({ name: names.watch, body, computes: computes(mirror), create: 'CREATE OR REPLACE' });
}

/** Under the lock of a cutover: of the keys that are left, each has the same row on both sides, or none. */
export function touchedAgree(window: Pick<TablesWindow, 'name'>, { mapping }: Mirror): CheckQuery {
  const rows = anyKeyDiffers(mapping, `SELECT DISTINCT key FROM lockstep.touched WHERE ${ofMapping(window, mapping)}`);
  return {
    check: 'in_sync',
    name: `what was written since the comparison is the same on both sides (${mapping.name})`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}

/**
 * Before that lock: the keys whose rows agree need no second look under it. One statement, so one snapshot: an entry that it sees
 * was committed before, and so were the rows that it was made for; whatever changes such a row later makes an entry of its own, which
 * this statement does not see. So exactly the entries that were read are deleted, by their places. Neither by their keys in a later
 * statement nor up to a mark: a transaction that began earlier may commit in between, and its entry would go unseen.
 * A key that differs keeps its entry: what counts is what is seen under the lock.
 */
export function touchedBacklog(window: Pick<TablesWindow, 'name'>, { mapping }: Mirror): Backlog {
  const entries = `lockstep.touched AS t WHERE ${ofMapping(window, mapping)}`;
  return {
    settle: `WITH entry AS MATERIALIZED (
SELECT t.ctid AS place, t.key FROM ${entries} LIMIT ${AT_ONCE}
), differs AS MATERIALIZED (
SELECT d.key FROM (${anyKeyDiffers(mapping, 'SELECT DISTINCT key FROM entry')}) AS d
), settled AS (
DELETE FROM lockstep.touched AS t WHERE t.ctid = ANY (ARRAY(SELECT place FROM entry WHERE key NOT IN (SELECT key FROM differs))) RETURNING 1
)
SELECT (SELECT count(*) FROM settled) AS settled, (SELECT count(*) FROM ${entries}) - (SELECT count(*) FROM settled) AS rest`,
    rest: `SELECT count(*) AS rest FROM ${entries}`,
  };
}

/** A fraction of a second of comparing. */
const AT_ONCE = 10_000;

function ofMapping({ name }: Pick<TablesWindow, 'name'>, mapping: Mirror['mapping']): string {
  return `window_name = ${quoteLiteral(name)} AND mapping = ${quoteLiteral(mapping.name)}`;
}
