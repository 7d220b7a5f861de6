/**
 * What bodies of mirrors read and write of the journal, in PL/pgSQL: keys that were deleted, who writes the side that does not
 * lead, what a side did not take, which keys were written while a cutover looks. Nothing else of a mirror names a table of it.
 */
import { keyArray, type Mapping } from '../../mapping/mapping.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { OLD_SNAPSHOT } from '../old-snapshot.js';
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
IF n = 0 AND ${OLD_SNAPSHOT} THEN
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
 * index that two of them could meet at. What another mirror writes there, somebody wrote elsewhere: the functions at work say so,
 * and not a setting, which a session could make.
 */
export function noteWriter({ mapping }: Mirror, window: string, side: 'old' | 'new'): string {
  const noted = `SELECT FROM lockstep.old_writer AS w WHERE w.xid = pg_catalog.pg_current_xact_id() AND w.window_name = $1 AND w.mapping = $2 AND w.side = $3`;
  const values = `${quoteLiteral(window)}, ${quoteLiteral(mapping.name)}, '${side}'`;
  return `  GET DIAGNOSTICS said = PG_CONTEXT;
  IF pg_catalog.strpos(pg_catalog.substr(said, pg_catalog.strpos(said, 'lockstep."mirror ') + 1), 'lockstep."mirror ') = 0 THEN
    EXECUTE ${quoteLiteral(noted)} USING ${values};
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n = 0 THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES (${values});
    END IF;
  END IF;
`;
}

/** Of one direction of one mirror; `side`: the one that is written. */
interface MovesOf {
  readonly mirror: Mirror;
  readonly side: 'old' | 'new';
}

/**
 * A key changes: `from_key` and `to_key`, null where the row leaves the mapping, of the other side; the row's own before and after.
 * Read by nobody but the transaction that wrote it.
 */
export function noteMove(
  { mirror: { mapping }, side }: MovesOf,
  window: string,
  { before, after }: { readonly before: string; readonly after: string },
): string {
  return `INSERT INTO lockstep.move (window_name, mapping, side, from_key, to_key, row_before, row_after)
  VALUES (${quoteLiteral(window)}, ${quoteLiteral(mapping.name)}, '${side}', from_key, to_key, ${before}, ${after});`;
}

/** Into `mine`: the move of the row of this event. */
export function ownMove(of: MovesOf, window: string, gone: string): string {
  const look = `SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE ${movesOf(of, window)} AND m.from_key OPERATOR(pg_catalog.=) $1`;
  return `EXECUTE ${quoteLiteral(look)} INTO mine USING ${gone};`;
}

/** Into `followed`: what became of the move that is `mine`; null where none was noted. */
export function endOfMove(): string {
  return `EXECUTE ${quoteLiteral('DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found')} INTO followed USING mine;`;
}

/** Into `followed`: whether a row of the other side with this key has moved in this transaction. */
export function wasFollowed(of: MovesOf, window: string, gone: string): string {
  const look = `SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE ${movesOf(of, window)} AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)`;
  return `EXECUTE ${quoteLiteral(look)} INTO followed USING ${gone};`;
}

/** Into `followed`: what became of the move that ended at this row, which an INSERT says. */
export function arrival(of: MovesOf, window: string, row: string): string {
  const look = `SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE ${movesOf(of, window)} AND m.row_after OPERATOR(pg_catalog.=) $1`;
  return `EXECUTE ${quoteLiteral(`DELETE FROM lockstep.move AS m WHERE m.id = (${look}) RETURNING m.found`)} INTO followed USING ${row};`;
}

/** Into `one`: the first behind `followed`, up to `$1` where that is given. */
export function nextMove(of: MovesOf, window: string): string {
  const look = `SELECT m.id, m.from_key, m.to_key, m.row_before, m.row_after FROM lockstep.move AS m WHERE ${movesOf(of, window)} AND m.id > $1 AND ($2 IS NULL OR m.id <= $2) ORDER BY m.id LIMIT 1`;
  return `EXECUTE ${quoteLiteral(look)} INTO one USING followed, $1;`;
}

/** A condition: behind the move with this number, another one begins where it ended. */
export function goesOn(of: MovesOf, window: string, id: string, key: string): string {
  return `EXISTS (SELECT FROM lockstep.move AS m WHERE ${movesOf(of, window)} AND m.id > ${id} AND m.from_key OPERATOR(pg_catalog.=) ${key})`;
}

/** The other side's row of the move that is `one` was there. */
export function otherSideFollowed(): string {
  return `EXECUTE ${quoteLiteral('UPDATE lockstep.move AS m SET found = true WHERE m.id = $1')} USING one.id;`;
}

function movesOf({ mirror: { mapping }, side }: MovesOf, window: string): string {
  return `m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ${quoteLiteral(window)} AND m.mapping = ${quoteLiteral(mapping.name)} AND m.side = '${side}'`;
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
