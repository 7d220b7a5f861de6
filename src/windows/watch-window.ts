/**
 * What is written between the comparison of a whole window and its cutover: keys, by triggers of their own that are there only
 * so long. So under the lock these rows alone are compared again. Measured: a whole comparison takes a second for 1.5 million rows,
 * and that long nobody could write.
 */
import { anyKeyDiffers } from '../mapping/in-sync.js';
import { keyArray, sqlName } from '../mapping/mapping.js';
import { summarise, type CheckQuery } from '../operation/check-query.js';
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import { PINNED_OF_FUNCTION } from '../sql/pinned-settings.js';
import type { Mirror, Window } from './window.js';

export function watchStatements({ name, mirrors }: Window): readonly string[] {
  return mirrors.flatMap((mirror) => [
    ...unwatchOne(mirror),
    watchFunction(mirror, name),
    `REVOKE ALL ON FUNCTION ${mirror.names.watch}() FROM PUBLIC`,
    ...sidesOf(mirror).flatMap((table, side) => [
      // By an argument: a trigger on a partition is told the partition, not the table that it was made on.
      `CREATE TRIGGER ${mirror.names.watchTrigger} AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${mirror.names.watch}('${SIDES[side]!}')`,
      `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${mirror.names.watchTrigger}`,
    ]),
  ]);
}

/** Whether or not they are there. */
export function unwatchStatements({ name, mirrors }: Window): readonly string[] {
  return [...mirrors.flatMap(unwatchOne), `DELETE FROM lockstep.touched WHERE window_name = ${quoteLiteral(name)}`];
}

function unwatchOne(mirror: Mirror): readonly string[] {
  return [
    ...sidesOf(mirror).map((table) => `DROP TRIGGER IF EXISTS ${mirror.names.watchTrigger} ON ${table}`),
    `DROP FUNCTION IF EXISTS ${mirror.names.watch}()`,
  ];
}

const SIDES = ['old', 'new'] as const;

function sidesOf({ mapping: { source, target } }: Mirror): readonly string[] {
  return [sqlName(source), sqlName(target)];
}

function watchFunction({ names, mapping, reads }: Mirror, window: string): string {
  const entry = `${quoteLiteral(window)}, ${quoteLiteral(mapping.name)}`;
  const ofSource = (row: string): string =>
    `INSERT INTO lockstep.touched (window_name, mapping, key) SELECT ${entry}, ${keyArray(mapping.key, 'r')} FROM ${names.row}(${reads.map(({ name }) => `${row}.${quoteIdentifier(name)}`).join(', ')}) AS r;`;
  const ofTarget = (row: string): string =>
    `INSERT INTO lockstep.touched (window_name, mapping, key) VALUES (${entry}, ${keyArray(mapping.key, row)});`;
  const each = (of: (row: string) => string): string => `    IF TG_OP <> 'INSERT' THEN
      ${of('OLD')}
    END IF;
    IF TG_OP <> 'DELETE' THEN
      ${of('NEW')}
    END IF;`;
  const body = `
BEGIN
  IF TG_ARGV[0] = '${SIDES[0]}' THEN
${each(ofSource)}
  ELSE
${each(ofTarget)}
  END IF;
  RETURN NULL;
END`;
  return `CREATE FUNCTION ${names.watch}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp ${PINNED_OF_FUNCTION}
AS ${quoteLiteral(body)}`;
}

/** Under the lock of a cutover: of the keys that were written meanwhile, each has the same row on both sides, or none. */
export function touchedAgree({ name }: Pick<Window, 'name'>, { mapping }: Mirror): CheckQuery {
  const touched = `SELECT DISTINCT key FROM lockstep.touched WHERE window_name = ${quoteLiteral(name)} AND mapping = ${quoteLiteral(mapping.name)}`;
  const rows = anyKeyDiffers(mapping, touched);
  return {
    check: 'in_sync',
    name: `what was written since the comparison is the same on both sides (${mapping.name})`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}
