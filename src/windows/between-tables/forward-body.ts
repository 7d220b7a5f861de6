/**
 * What a mirror does when a row of its source changes, PL/pgSQL: the target says what the source says *now*. The row of an event
 * is not always the row: a trigger of the application that writes the same row again is mirrored before the rest of the
 * statement that it belongs to. So the row is read anew by its key, and a key that went on meanwhile is followed (`move-rows`).
 */
import { keyArray, sqlName } from '../../mapping/mapping.js';
import { forgets, forgottenColumns, isForgotten, lookForForgotten } from './forgotten-rows.js';
import { clearDeleted, noteDeleted, noteWriter } from './journal-notes.js';
import { deleteRow, echo, recordFailure, restoreEcho, upsertRow, type BodyOf } from './mirror-body.js';
import { followMoves, forwardWay, lookForOldKey, movesAreNoted } from './move-rows.js';
import { indented, keyIsCopied, ownKeyIs, readAsItIs, readsOf } from './row-parts.js';
import type { Mirror } from './tables-window.js';

export function forwardBody(mirror: Mirror, window: BodyOf): string {
  const { name } = window;
  const writer = window.leads === 'new' ? noteWriter(mirror, name, 'old') : '';
  const [begin, recorded] =
    window.onMirrorError === 'record' ? ['  BEGIN\n', recordFailure(mirror, name, 'new')] : ['', ''];
  const way = forwardWay(mirror);
  const forgotten = lookForForgotten(mirror, name);
  return `
#variable_conflict use_column
DECLARE
  gone record;
  come record;
  gone_key text[];
  come_key text[];
  had boolean := false;
  has boolean := false;
  moved boolean := false;
  followed boolean := false;
  written boolean := false;
  mine bigint;${forgottenColumns(mirror)}
  n bigint;
  scans text := pg_catalog.current_setting('enable_seqscan');
  echo text := pg_catalog.current_setting('lockstep.echo', true);
  said text;
BEGIN
${writer}${readRow(mirror)}${begin}  IF moved OR ${movesAreNoted(way)} THEN
${indented(followMoves(way, name, 'gone_key'), '    ')}
  END IF;
${forgotten}  IF moved THEN
    -- The key of before is nobody's, unless another row has it by now.
    ${indented(lookForOldKey(way), '    ').trimStart()}
    IF n = 0 THEN
      IF followed IS NOT TRUE THEN
${echo(mirror, '>', 'gone_key')}${deleteRow(mirror, '', '        ')}
      END IF;
      ${noteDeleted(mirror, name, 'gone')}
    END IF;
  ELSIF had AND NOT has THEN
${echo(mirror, '>', 'gone_key')}${deleteRow(mirror, '', '    ')}
    ${noteDeleted(mirror, name, 'gone')}
  END IF;
  IF has${isForgotten(mirror)} THEN
    IF moved OR NOT had THEN
${clearDeleted(mirror, name)}
    END IF;
    IF NOT written THEN
${upsertRow(mirror, name)}
    END IF;
  END IF;
${restoreEcho(mirror)}${recorded}  RETURN NULL;
END`;
}

/** `gone`: what the target has of it; `come`: what it should have. */
function readRow(mirror: Mirror): string {
  const { mapping, names } = mirror;
  const gone = `SELECT r.* INTO gone FROM ${names.row}(${readsOf(mirror, 'OLD')}) AS r;`;
  const now = (row: 'OLD' | 'NEW'): string =>
    `SELECT r.* INTO come FROM ${sqlName(mapping.source)} AS s CROSS JOIN LATERAL ${names.row}(${readsOf(mirror, 's')}) AS r WHERE ${ownKeyIs(mirror, 's', row)};`;
  const goneKey = keyArray(mapping.key, 'gone');
  const come = `${readAsItIs(now, 'has')}  come_key := ${keyArray(mapping.key, 'come')};
`;
  const copied = keyIsCopied(mirror);
  // Every row takes part, and its key stays with it: what it was need not be computed.
  if (mapping.where === null && copied && !forgets(mirror)) {
    return `  had := TG_OP <> 'INSERT';
  IF TG_OP = 'UPDATE' THEN
    moved := NOT ${ownKeyIs(mirror, 'OLD', 'NEW')};
  END IF;
${come}  IF had AND (moved OR NOT has) THEN
    ${gone}
    gone_key := ${goneKey};
  ELSIF had THEN
    gone_key := come_key;
  END IF;
`;
  }
  return `  IF TG_OP <> 'INSERT' THEN
    ${gone}
    had := FOUND;
    gone_key := ${goneKey};
  END IF;
${come}  IF TG_OP = 'UPDATE' AND had THEN
    moved := NOT ${ownKeyIs(mirror, 'OLD', 'NEW')};
${copied ? '' : keyIsAnother(mirror)}  END IF;
`;
}

/** Of a key that is computed, by what the row says now. A record that holds nothing has no fields. */
function keyIsAnother({ mapping, names }: Mirror): string {
  const list = (of: string): string => mapping.key.map(({ name }) => `${of}.${name}`).join(', ');
  return `    IF has AND NOT moved THEN
      moved := NOT ${names.sameKey}(${list('come')}, ${list('gone')});
    END IF;
`;
}
