/**
 * `on_delete: ignore`: a target row that went has left its source row behind, and its key is a tombstone. Such a source row stands for
 * no target row any more. An old writer who changes it brings none back; it must come anew, by an INSERT or by entering the
 * `where`, to get one. Its key may change on the old side: the tombstone goes with it.
 */
import { sqlName } from '../../mapping/mapping.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { OLD_SNAPSHOT } from '../old-snapshot.js';
import { forgetDeleted, lookForDeleted, noteDeleted } from './journal-notes.js';
import { belongsTo, fields, indented, keyIs } from './row-parts.js';
import type { Mirror } from './tables-window.js';

export function forgets({ back }: Mirror): boolean {
  return back?.onDelete === 'ignore';
}

/** In the DECLARE of the mirror. */
export function forgottenColumns(mirror: Mirror): string {
  return forgets(mirror) ? '\n  forgotten boolean := false;' : '';
}

export function isForgotten(mirror: Mirror): string {
  return forgets(mirror) ? ' AND NOT forgotten' : '';
}

/**
 * The target row is waited for before its tombstone is asked for: who deletes it on the new side has not committed it before. An old
 * snapshot does not show a tombstone that was set since, and wanting it then ends in 40001, as any conflict of such a writer does.
 */
export function lookForForgotten(mirror: Mirror, window: string): string {
  if (!forgets(mirror)) return '';
  const { mapping } = mirror;
  const belongs = belongsTo(mirror, 't');
  const gone = mapping.columns.map(({ name }, index) => `$${index + 1} AS ${name}`).join(', ');
  const wait = `SELECT FROM ${sqlName(mapping.target)} AS t CROSS JOIN (SELECT ${gone}) AS gone WHERE ${keyIs(mirror, 't', 'gone')}${belongs === '' ? '' : ` AND ${belongs}`} FOR NO KEY UPDATE OF t`;
  const text = `IF had AND has AND followed IS NOT TRUE THEN
  EXECUTE ${quoteLiteral(wait)} USING ${fields(mapping.columns, 'gone')};
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n = 0 THEN
${indented(lookForDeleted(mirror, window), '    ')}
    IF n = 0 AND ${OLD_SNAPSHOT} THEN
      ${noteDeleted(mirror, window, 'gone')}
      ${forgetDeleted(mirror, window, 'gone')}
    END IF;
    forgotten := n > 0;
  END IF;
END IF;
IF forgotten AND moved THEN
  ${noteDeleted(mirror, window, 'come')}
END IF;
`;
  return indented(text.trimEnd(), '  ') + '\n';
}
