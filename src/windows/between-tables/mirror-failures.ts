/**
 * Writes that one side did not take, where the plan has them recorded. As long as such a row is not the same on both sides, the
 * window has diverged: nothing is ended on it. Writing the row anew heals it; for a way back it may be accepted as it is.
 */
import { anyKeyDiffers } from '../../mapping/in-sync.js';
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteLiteral } from '../../sql/identifier.js';
import type { Mirror, TablesWindow } from './tables-window.js';

export function noFailures({ name, mirrors }: Pick<TablesWindow, 'name' | 'mirrors'>): CheckQuery {
  const each = mirrors.map((mirror) => `(${anyKeyDiffers(mirror.mapping, recordedKeys(name, mirror))})`);
  const rows = each.join('\nUNION ALL\n');
  return {
    check: 'mirror_failures',
    name: `what a side of ${name} did not take has been made good`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}

function recordedKeys(window: string, { mapping }: Mirror): string {
  return `SELECT DISTINCT k.key FROM lockstep.mirror_failure AS f CROSS JOIN LATERAL (VALUES (f.key_before), (f.key_after)) AS k (key)
WHERE f.window_name = ${quoteLiteral(window)} AND f.mapping = ${quoteLiteral(mapping.name)} AND f.accepted_at IS NULL AND k.key IS NOT NULL`;
}
