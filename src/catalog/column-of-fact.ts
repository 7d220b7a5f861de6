/** What the text of a column says, as a column of the catalog. */
import type { ColumnFact } from '../sql/table-elements.js';
import type { Column } from './catalog-snapshot.js';

export function columnOf(written: ColumnFact): Column {
  const fact: ColumnFact & { notNullName?: string } = { ...written };
  // A constraint of its own says it.
  delete fact.notNullName;
  // What another collation takes for equal the text does not say: then the column is no key to rely on before it is there.
  const known = fact.collation === undefined || BYTEWISE.has(fact.collation.replace(/^pg_catalog\./, ''));
  return { ...fact, deterministicCollation: known };
}

const BYTEWISE: ReadonlySet<string> = new Set(['"C"', '"POSIX"', '"default"', 'ucs_basic', 'pg_c_utf8']);
