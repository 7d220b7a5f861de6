/**
 * What bodies of mirrors read and write of the journal, in PL/pgSQL: keys that were deleted, who writes the side that does not
 * lead, what a side did not take, which keys were written while a cutover looks. Nothing else of a mirror names a table of it.
 */
import { keyArray, type Mapping } from '../../mapping/mapping.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { indented } from './row-parts.js';
import type { Mirror } from './tables-window.js';

type Row = 'gone' | 'come';

/** The key of `gone` or `come` is deleted: a tombstone. */
export function noteDeleted({ mapping }: Mirror, window: string, of: Row): string {
  return `INSERT INTO lockstep.tombstone (window_name, mapping, key) VALUES (${entry(mapping, window, of)}) ON CONFLICT DO NOTHING;`;
}

/** Of `gone`, where nothing else is to be done. */
export function forgetDeleted({ mapping }: Mirror, window: string, of: Row): string {
  return `DELETE FROM lockstep.tombstone WHERE window_name = ${quoteLiteral(window)} AND mapping = ${quoteLiteral(mapping.name)} AND key OPERATOR(pg_catalog.=) ${of}_key;`;
}

/**
 * The key of `come` lives. An invisible tombstone of another's DELETE must not stay when the row is back. Planned each time: see
 * `deleteRow`.
 */
export function clearDeleted({ mapping }: Mirror, window: string): string {
  const sql =
    'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3';
  const remove = `EXECUTE ${quoteLiteral(sql)} USING ${quoteLiteral(window)}, ${quoteLiteral(mapping.name)}, come_key;\nGET DIAGNOSTICS n = ROW_COUNT;`;
  return indented(
    `${remove}
IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
  INSERT INTO lockstep.tombstone (window_name, mapping, key) VALUES (${entry(mapping, window, 'come')}) ON CONFLICT DO NOTHING;
  ${remove}
END IF;`,
    '      ',
  );
}

/** `n`: whether the key of `gone` is deleted. Planned each time. */
export function lookForDeleted({ mapping }: Mirror, window: string): string {
  const look =
    'SELECT FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3';
  return `EXECUTE ${quoteLiteral(look)} USING ${entry(mapping, window, 'gone')};
GET DIAGNOSTICS n = ROW_COUNT;`;
}

/** A condition: the key of `row` is deleted. */
export function isDeleted({ mapping }: Mirror, window: string, row: string): string {
  return `EXISTS (SELECT FROM lockstep.tombstone AS d WHERE d.window_name = ${quoteLiteral(window)} AND d.mapping = ${quoteLiteral(mapping.name)} AND d.key OPERATOR(pg_catalog.=) ${keyArray(mapping.key, row)})`;
}

/**
 * Who writes the side that does not lead: it can be closed once nobody does. One row for each transaction, without a unique
 * index that two of them could meet at. What another mirror writes there, in this transaction, somebody wrote elsewhere.
 */
export function noteWriter({ names, mapping }: Mirror, window: string, side: 'old' | 'new'): string {
  return `  IF pg_catalog.strpos(coalesce(echo, ''), pg_catalog.pg_current_xact_id()::text || ' {') = 0 AND pg_catalog.current_setting('lockstep.seen', true) IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text || ${quoteLiteral(` ${names.echo} ${side}`)} THEN
    INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES (${quoteLiteral(window)}, ${quoteLiteral(mapping.name)}, '${side}');
    PERFORM pg_catalog.set_config('lockstep.seen', pg_catalog.pg_current_xact_id()::text || ${quoteLiteral(` ${names.echo} ${side}`)}, true);
  END IF;
`;
}

/** `side`: the one that lacks the write. */
export function noteFailure({ mapping }: Mirror, window: string, side: 'old' | 'new'): string {
  const key = (of: Row, there: string): string => `CASE WHEN ${there} THEN ${of}_key END`;
  return `INSERT INTO lockstep.mirror_failure (window_name, mapping, side, operation, key_before, key_after, sqlstate, message)
      VALUES (${quoteLiteral(window)}, ${quoteLiteral(mapping.name)}, '${side}', pg_catalog.lower(TG_OP), ${key('gone', 'had')}, ${key('come', 'has')}, SQLSTATE, SQLERRM);`;
}

/** `keys`: a query of one text[]. */
export function noteTouched({ mapping }: Mirror, window: string, keys: string): string {
  return `INSERT INTO lockstep.touched (window_name, mapping, key) SELECT ${quoteLiteral(window)}, ${quoteLiteral(mapping.name)}, k.key FROM (${keys}) AS k (key);`;
}

/** A condition: `row` was there before the window. `noted`: a condition on the entry, `a`. */
export function wasThere({ mapping }: Mirror, noted: string, row: string): string {
  return `EXISTS (SELECT FROM lockstep.already_there AS a WHERE ${noted} AND a.key OPERATOR(pg_catalog.=) ${keyArray(mapping.key, row)})`;
}

function entry({ name }: Mapping, window: string, of: Row): string {
  return `${quoteLiteral(window)}, ${quoteLiteral(name)}, ${of}_key`;
}
