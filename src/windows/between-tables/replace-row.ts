/**
 * A key that changes where the column is GENERATED ALWAYS AS IDENTITY: the server takes such a value from an INSERT alone. So the row is
 * deleted and comes again with all that it holds. Foreign keys would act on the DELETE, so it is refused while somebody refers to the row.
 */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import type { MappedColumn } from '../../mapping/mapping.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { isReferredTo } from './row-parts.js';

export interface Replacement {
  readonly relation: Relation;
  /** Qualified and quoted. */
  readonly table: string;
  readonly key: readonly MappedColumn[];
  /** Condition on a row `t`: it has the key `$1`, text[]. */
  readonly isIt: string;
}

export function mustBeReplaced(key: readonly MappedColumn[]): boolean {
  return key.some(({ identityAlways }) => identityAlways);
}

/** SQL; `$1` and `$2`: the key of before and the one of then, text[]. */
export function replaceRow({ relation, table, key, isIt }: Replacement): string {
  const columns = relation.columns
    .filter(({ generated }) => generated === 'no')
    .map(({ name }) => quoteIdentifier(name));
  const values = columns.map((name) => {
    const at = key.findIndex((column) => column.name === name);
    return at === -1 ? `gone.${name}` : `$2[${at + 1}]::${key[at]!.type}`;
  });
  return `WITH gone AS (DELETE FROM ${table} AS t WHERE ${isIt} RETURNING t.*) INSERT INTO ${table} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE SELECT ${values.join(', ')} FROM gone`;
}

/** Statements of PL/pgSQL, before the row is replaced. Behind the lock nobody can begin to refer to it. `key`: text[]. */
export function refuseIfReferredTo({ table, isIt }: Replacement, window: string, key: string): string {
  const lock = `SELECT FROM ${table} AS t WHERE ${isIt} FOR UPDATE`;
  const referred = `SELECT FROM ${table} AS t WHERE ${isIt} AND ${isReferredTo('t')}`;
  return `EXECUTE ${quoteLiteral(lock)} USING ${key};
EXECUTE ${quoteLiteral(referred)} USING ${key};
GET DIAGNOSTICS n = ROW_COUNT;
IF n > 0 THEN
  RAISE EXCEPTION 'lockstep window %: a key of % that is GENERATED ALWAYS AS IDENTITY does not change while others refer to the row', ${quoteLiteral(quoteIdentifier(window))}, ${quoteLiteral(table)}
    USING ERRCODE = 'foreign_key_violation', DETAIL = pg_catalog.format('Key (%s)', pg_catalog.array_to_string(${key}, ', '));
END IF;`;
}
