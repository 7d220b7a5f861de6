/** The table of old and new keys that a plan may ask for: kept in step by the tables' own triggers, for whoever outside knows the old ones. */
import { quoteLiteral } from '../../sql/identifier.js';
import { columnNames, type ColumnsWindow, type Side, type Twin, type TwinTable } from './columns-window.js';

/** A table with a key of its own; what refers to others is found there. */
export function keepsMap({ map }: Pick<ColumnsWindow, 'map'>, table: TwinTable): boolean {
  return map !== null && ownKey(table) !== undefined;
}

export function ownKey({ twins }: TwinTable): Twin | undefined {
  return twins.find(({ value }) => value.kind === 'own');
}

/** Called for rows that come or go, and where one of the two keys has changed. */
export function keepBody({ map }: ColumnsWindow, table: TwinTable, leads: Side): string {
  const { old, new: twinName } = columnNames(ownKey(table)!, leads);
  const named = quoteLiteral(table.relation.name);
  return `
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM ${map!.table} AS m WHERE m.table_name = ${named} AND m.old_id = OLD.${old}::text;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.${twinName} IS NOT NULL THEN
    INSERT INTO ${map!.table} AS m (table_name, old_id, new_id) VALUES (${named}, NEW.${old}::text, NEW.${twinName})
    ON CONFLICT (table_name, old_id) DO UPDATE SET new_id = EXCLUDED.new_id;
  END IF;
  RETURN NULL;
END`;
}

/** A pair is found by the table and the old key, and by nothing else twice. */
export function createMap({ table }: { readonly table: string }): string {
  return `CREATE TABLE ${table} (table_name text NOT NULL, old_id text NOT NULL, new_id uuid NOT NULL, PRIMARY KEY (table_name, old_id))`;
}
