/**
 * A key that changes: the row of the other side with the key of before gets the new one, and stays the same row, so that what hangs
 * on it and what no mapping fills stay with it. Moves are noted for the transaction when they are made, BEFORE the row is written, and
 * are made on the other side in the same order: so each finds there what it found here, also where a trigger of the application has
 * moved the row on before the mirror of the first move comes to its turn. A row that PostgreSQL moves to another partition comes as
 * a DELETE and an INSERT; its note says that it is one row.
 */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import { sha256 } from '../../kernel/digest.js';
import { keyArray, rowsDiffer, sqlName, type MappedColumn } from '../../mapping/mapping.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import type { KeyColumn } from '../../mapping/key-text.js';
import * as journal from './journal-notes.js';
import { belongsToOthers, echo, restoreEcho } from './mirror-body.js';
import { mustBeReplaced, refuseIfReferredTo, replaceRow } from './replace-row.js';
import { belongsTo, echoText, fields, indented, keyColumns } from './row-parts.js';
import type { BackMirror, Mirror } from './tables-window.js';

/** From the side that is written to the one that follows. */
export interface Way {
  readonly mirror: Mirror;
  /** The side that is written. */
  readonly side: 'old' | 'new';
  readonly sign: '>' | '<';
  readonly from: string;
  readonly to: string;
  readonly fromIsPartitioned: boolean;
  readonly follower: Relation;
  /** `FROM` item: what the other side should have of a row. */
  readonly image: (row: string) => string;
  /** A condition on the other side's row: whose it is. */
  readonly mayWrite: string;
  readonly ownKey: readonly KeyColumn[];
  readonly sameOwn: string;
  readonly otherKey: readonly MappedColumn[];
  readonly sameOther: string;
  readonly columns: readonly MappedColumn[];
  readonly follow: string;
  /** Of the row that is written: by which its own counterpart names it; none where nothing answers. */
  readonly named: readonly KeyColumn[];
}

export function forwardWay(mirror: Mirror): Way {
  const { mapping, names, reads } = mirror;
  const belongs = belongsTo(mirror, 't');
  return {
    ...{ mirror, side: 'old', sign: '>', from: sqlName(mapping.source), to: sqlName(mapping.target) },
    fromIsPartitioned: mapping.source.kind === 'partitioned table',
    follower: mapping.target,
    image: (row) => `${names.row}(${values(reads, row)})`,
    mayWrite: belongs === '' ? '' : ` AND ${belongs}`,
    ...{ ownKey: keyColumns(mirror), sameOwn: names.sameRow, otherKey: mapping.key, sameOther: names.sameKey },
    ...{ columns: mapping.columns, follow: names.follow, named: mirror.back?.key ?? [] },
  };
}

/** Where a row of the target and its source row are one: `on_delete: delete`. */
export function backWay(mirror: Mirror, back: BackMirror): Way {
  const { mapping, names, belongsBy } = mirror;
  const ours = (row: string): string =>
    mapping.targetWhere === null ? '' : ` WHERE ${names.belongs}(${values(belongsBy, row)})`;
  return {
    ...{ mirror, side: 'new', sign: '<', from: sqlName(mapping.target), to: sqlName(mapping.source) },
    fromIsPartitioned: mapping.target.kind === 'partitioned table',
    follower: mapping.source,
    image: (row) => `(SELECT b.* FROM ${names.back}(${values(back.reads, row)}) AS b${ours(row)})`,
    mayWrite: '',
    ...{ ownKey: mapping.key, sameOwn: names.sameKey, otherKey: back.key, sameOther: names.sameSource },
    ...{ columns: back.columns, follow: names.followBack, named: mapping.key },
  };
}

/** Whether this transaction has changed a key. What a session sets here can only make the mirror look in vain. */
export function movesAreNoted(way: Way): string {
  return `pg_catalog.starts_with(coalesce(pg_catalog.current_setting('${counter(way)}', true), ''), pg_catalog.pg_current_xact_id()::text || ' ')`;
}

/**
 * Of BEFORE UPDATE. What its own counterpart writes it leaves alone: asked here and not in the trigger's condition, which the server
 * prepares anew for every statement (measured: a fifth of an UPDATE). Who forges that only makes his key change a DELETE and an INSERT.
 */
export function moveBody(way: Way, window: string): string {
  const echoed =
    way.named.length === 0
      ? ''
      : `  IF pg_catalog.current_setting('lockstep.echo', true) = ${echoText(`${way.mirror.names.echo} ${way.sign === '>' ? '<' : '>'}`, keyArray(way.named, 'NEW'))} THEN
    RETURN NEW;
  END IF;
`;
  return `
#variable_conflict use_column
DECLARE
  gone record;
  come record;
  from_key text[];
  to_key text[];
  said text;
BEGIN
${echoed}  SELECT r.* INTO gone FROM ${way.image('OLD')} AS r;
  IF NOT FOUND THEN
    RETURN NEW;
  END IF;
  from_key := ${keyArray(way.otherKey, 'gone')};
  SELECT r.* INTO come FROM ${way.image('NEW')} AS r;
  IF FOUND THEN
    to_key := ${keyArray(way.otherKey, 'come')};
  END IF;
  ${journal.noteMove(way, window, { before: keyArray(way.ownKey, 'OLD'), after: keyArray(way.ownKey, 'NEW') })}
  IF NOT ${movesAreNoted(way)} THEN
    said := pg_catalog.set_config('${counter(way)}', pg_catalog.pg_current_xact_id()::text || ' 0', true);
  END IF;
  RETURN NEW;
END`;
}

/**
 * In a mirror: all moves up to its own, of which it learns what became of it (`followed`), and whether the other side has the row as
 * it is (`written`). A transaction that changes keys is the rare one: whatever is asked here is planned each time.
 * `gone`: the other side's key of before, text[].
 */
export function followMoves(way: Way, window: string, gone: string): string {
  const given = way.columns.map(({ name }, index) => `$${index + 1} AS ${name}`).join(', ');
  const says = `SELECT FROM ${way.to} AS t CROSS JOIN (SELECT ${given}) AS come WHERE ${other(way, 't', 'come')} AND NOT ${rowsDiffer('t', 'come', way.columns)}`;
  // The INSERT of a row that comes from another partition is the end of its move.
  const arrived = way.fromIsPartitioned
    ? `
ELSIF TG_OP = 'INSERT' THEN
  ${journal.arrival(way, window, keyArray(way.ownKey, 'NEW'))}`
    : '';
  return `IF moved THEN
  ${journal.ownMove(way, window, gone)}
END IF;
PERFORM ${way.follow}(mine);
IF moved THEN
  ${journal.endOfMove()}
ELSIF had AND NOT has THEN
  ${journal.wasFollowed(way, window, gone)}
  moved := followed;${arrived}
END IF;
IF has THEN
  EXECUTE ${quoteLiteral(says)} USING ${fields(way.columns, 'come')};
  GET DIAGNOSTICS n = ROW_COUNT;
  written := n > 0;
END IF;`;
}

/** Into `n`: whether a row of the own side has the key that the row of the event had. */
export function lookForOldKey(way: Way): string {
  const there = `SELECT FROM ${way.from} AS s CROSS JOIN LATERAL ${way.image('s')} AS r WHERE ${own(way, 's', texts(way.ownKey, '$1'))}`;
  return `EXECUTE ${quoteLiteral(there)} USING ${keyArray(way.ownKey, 'OLD')};
GET DIAGNOSTICS n = ROW_COUNT;`;
}

/** Makes moves on the other side up to one of them, or all. */
export function followFunctionBody(way: Way, window: string): string {
  const ofOther = `${other(way, 't', texts(way.otherKey, '$1'))}${way.mayWrite}`;
  const remove = `DELETE FROM ${way.to} AS t WHERE ${ofOther}`;
  // Else the server would say that the key is a duplicate, and not whose.
  const taken =
    way.mayWrite === ''
      ? ''
      : `      EXECUTE ${quoteLiteral(`SELECT FROM ${way.to} AS t WHERE ${other(way, 't', texts(way.otherKey, '$1'))} AND NOT ${way.mayWrite.slice(' AND '.length)}`)} USING one.to_key;
      GET DIAGNOSTICS stayed = ROW_COUNT;
      IF stayed > 0 THEN
        ${belongsToOthers(way.mirror, window, 'one.to_key')}
      END IF;
      stayed := 0;
`;
  const replacement = { relation: way.follower, table: way.to, key: way.otherKey, isIt: ofOther };
  const replaced = mustBeReplaced(way.otherKey) ? replaceRow(replacement) : null;
  const mayGo =
    replaced === null ? '' : `${indented(refuseIfReferredTo(replacement, window, 'one.from_key'), '      ')}\n`;
  const whole = `UPDATE ${way.to} AS t SET ${way.columns.map(({ name }, index) => `${name} = $${index + 2}`).join(', ')} WHERE ${ofOther}`;
  const onlyKey = `UPDATE ${way.to} AS t SET ${way.otherKey.map(({ name, type }, index) => `${name} = $2[${index + 1}]::${type}`).join(', ')} WHERE ${ofOther}`;
  const row = `SELECT r.* FROM ${way.from} AS s CROSS JOIN LATERAL ${way.image('s')} AS r WHERE ${own(way, 's', texts(way.ownKey, '$1'))}`;
  const stays = `SELECT FROM ${way.from} AS s WHERE ${own(way, 's', texts(way.ownKey, '$1'))} AND NOT EXISTS (SELECT FROM ${way.from} AS s WHERE ${own(way, 's', texts(way.ownKey, '$2'))}) AND NOT ${journal.goesOn(way, window, '$3', '$4')}`;
  return `
#variable_conflict use_column
DECLARE
  one record;
  come record;
  followed bigint;
  n bigint;
  stayed bigint;
  echo text := pg_catalog.current_setting('lockstep.echo', true);
  said text;
BEGIN
  LOOP
    followed := CASE WHEN ${movesAreNoted(way)} THEN pg_catalog.split_part(pg_catalog.current_setting('${counter(way)}', true), ' ', 2)::bigint ELSE 0 END;
    ${journal.nextMove(way, window)}
    EXIT WHEN one.id IS NULL;
    -- First: what triggers of the other side do to this one may come here again.
    said := pg_catalog.set_config('${counter(way)}', pg_catalog.pg_current_xact_id()::text || ' ' || one.id, true);
    IF one.to_key IS NULL THEN
${echo(way.mirror, way.sign, 'one.from_key')}      EXECUTE ${quoteLiteral(remove)} USING one.from_key;
      GET DIAGNOSTICS n = ROW_COUNT;
    ELSE
      stayed := 0;
${taken}${mayGo}      EXECUTE ${quoteLiteral(row)} INTO come USING one.row_after;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        -- It went on, or is deleted; or it never went: a BEFORE trigger of a partition can keep a row where it is.
        EXECUTE ${quoteLiteral(stays)} USING one.row_before, one.row_after, one.id, one.to_key;
        GET DIAGNOSTICS stayed = ROW_COUNT;
      END IF;
${echo(way.mirror, way.sign, 'one.to_key', 'one.from_key')}      IF n > 0 THEN
        EXECUTE ${quoteLiteral(replaced ?? whole)} USING one.from_key, ${replaced === null ? fields(way.columns, 'come') : 'one.to_key'};
        GET DIAGNOSTICS n = ROW_COUNT;
      ELSIF stayed = 0 THEN
        EXECUTE ${quoteLiteral(replaced ?? onlyKey)} USING one.from_key, one.to_key;
        GET DIAGNOSTICS n = ROW_COUNT;
      END IF;
    END IF;
${restoreEcho(way.mirror)}    IF n > 0 THEN
      ${journal.otherSideFollowed()}
    END IF;
  END LOOP;
END`;
}

/** A setting of its own for each mirror: the transaction, and the last move of it that was followed. */
function counter({ mirror: { names }, side }: Way): string {
  return `lockstep.moves_${side}_${sha256(names.echo).slice(0, 12)}`;
}

function own({ sameOwn, ownKey }: Way, row: string, key: readonly string[]): string {
  return `${sameOwn}(${[...ownKey.map(({ name }) => `${row}.${name}`), ...key].join(', ')})`;
}

function other({ sameOther, otherKey }: Way, row: string, key: string | readonly string[]): string {
  const right = typeof key === 'string' ? otherKey.map(({ name }) => `${key}.${name}`) : key;
  return `${sameOther}(${[...otherKey.map(({ name }) => `${row}.${name}`), ...right].join(', ')})`;
}

function texts(key: readonly KeyColumn[], text: string): readonly string[] {
  return key.map(({ type }, index) => `${text}[${index + 1}]::${type}`);
}

function values(columns: readonly { readonly name: string }[], row: string): string {
  return columns.map(({ name }) => `${row}.${quoteIdentifier(name)}`).join(', ');
}
