/** Sequences of a target that a copy without a window leaves where they are: said with the statement that moves each. */
import type { Column } from '../../catalog/catalog-snapshot.js';
import { report } from '../../catalog/scope.js';
import type { Path } from '../../kernel/path.js';
import { sqlName, type Mapping } from '../../mapping/mapping.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { numbered } from '../../windows/between-tables/sequences.js';
import type { LowerContext } from '../step-definition.js';
import { BACKFILL_CODES } from './codes.js';

export function tellOfSequences({ target, columns }: Mapping, context: LowerContext, path: Path): void {
  const table = sqlName(target);
  for (const column of numbered(target, columns)) {
    const sequence = sequenceOf(table, column);
    const top = `max(${quoteIdentifier(column.name)})`;
    report(context, BACKFILL_CODES, 'LS6111', context.locate(path), {
      severity: 'warning',
      detail: `\`${table}.${column.name}\` has a sequence, which stays where it is.`,
      help: `before anybody inserts there: SELECT setval(${sequence}, greatest(${top}, nextval(${sequence}))) FROM ${table}`,
    });
  }
}

/** SQL for its name. A default may ask a sequence that the table does not own. */
function sequenceOf(table: string, { name, identity, default: text }: Column): string {
  const asked = identity === 'no' ? /nextval\(('(?:[^']|'')*')/.exec(text ?? '') : null;
  return asked?.[1] ?? `pg_get_serial_sequence(${quoteLiteral(table)}, ${quoteLiteral(name)})`;
}
