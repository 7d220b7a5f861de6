/**
 * What a mirror does on the way back, PL/pgSQL: a change of a source row takes the target row away, where it still says what the
 * mapping says, nobody wrote its other columns, it was not there before the window, and nobody refers to it; nothing new appears.
 * So batches and writers need not wait for one another. A row to which somebody refers stays, and follows its source row as long as
 * there is one.
 */
import { rowsDiffer, sqlName } from '../../mapping/mapping.js';
import { unfilledDiffer } from '../../mapping/unfilled-columns.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { wasThere } from './journal-notes.js';
import { deleteRow, readRows } from './mirror-body.js';
import { belongsTo, fields, isReferredTo, keyIs, rest } from './row-parts.js';
import type { Mirror } from './tables-window.js';

/** `noted`: a condition on `lockstep.already_there AS a` for the keys that were there before. */
export function leavingBody(mirror: Mirror, noted: string): string {
  const { mapping } = mirror;
  const before = `NOT ${wasThere(mirror, noted, 't')}`;
  const referred = isReferredTo('t');
  const ours = `NOT ${rowsDiffer('t', 'gone', rest(mirror))} AND NOT ${unfilledDiffer('t', mapping)} AND ${before}`;
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
    -- Behind the lock nobody can begin to refer to the row.
    ${lockRow(mirror)}
${deleteRow(mirror, ` AND ${ours} AND NOT ${referred}`, '    ')}
    IF n = 0 AND has THEN
      ${follow(mirror, ours)}
    END IF;
  END IF;
  RETURN NULL;
END`;
}

function lockRow(mirror: Mirror): string {
  return onGone(mirror, (from, where) => `SELECT FROM ${from} WHERE ${where} FOR UPDATE OF t`);
}

/** Planned each time, as the DELETE is; with the key, which a foreign key may take along. */
function follow(mirror: Mirror, ours: string): string {
  const { mapping } = mirror;
  const { columns } = mapping;
  const belongs = belongsTo(mirror, 't');
  const given = (first: number, as: string): string =>
    `(SELECT ${columns.map(({ name }, index) => `$${first + index} AS ${name}`).join(', ')}) AS ${as}`;
  const sql = `UPDATE ${sqlName(mapping.target)} AS t SET ${columns.map(({ name }) => `${name} = come.${name}`).join(', ')} FROM ${given(1, 'gone')}, ${given(columns.length + 1, 'come')} WHERE ${keyIs(mirror, 't', 'gone')}${belongs === '' ? '' : ` AND ${belongs}`} AND ${ours}`;
  return `EXECUTE ${quoteLiteral(sql)} USING ${fields(columns, 'gone')}, ${fields(columns, 'come')};`;
}

function onGone(mirror: Mirror, text: (from: string, where: string) => string): string {
  const { mapping } = mirror;
  const belongs = belongsTo(mirror, 't');
  const gone = mapping.columns.map(({ name }, index) => `$${index + 1} AS ${name}`).join(', ');
  const sql = text(
    `${sqlName(mapping.target)} AS t CROSS JOIN (SELECT ${gone}) AS gone`,
    `${keyIs(mirror, 't', 'gone')}${belongs === '' ? '' : ` AND ${belongs}`}`,
  );
  return `EXECUTE ${quoteLiteral(sql)} USING ${fields(mapping.columns, 'gone')};`;
}
