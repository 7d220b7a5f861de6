/**
 * Two rows with one new key: what made it (`random`, `v7`) makes another for the later one, before a unique index stands on it. What
 * refers to that row has the same value, and follows in the same transaction; so does the table of pairs. For as long as that takes
 * nobody writes these tables: a reference that was looked up meanwhile would mean the other row.
 */
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import type { OnDuplicate } from '../../operation/operation.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { RUN_ID } from '../../sql/pinned-settings.js';
import { parentTwin, type ColumnsWindow, type LookedUp, type Twin, type TwinTable } from './columns-window.js';
import { fillLevels } from './fill-levels.js';
import { madeValue, parentLookUp, sideName } from './twin-values.js';

interface OwnKey {
  readonly table: TwinTable;
  readonly twin: Twin;
}

/** Of a build over new keys of the window; its operation has this id. */
export function onDuplicate(window: ColumnsWindow, operation: string): OnDuplicate {
  const keys = window.tables.flatMap((table) =>
    table.twins.filter(({ value }) => value.kind === 'own').map((twin): OwnKey => ({ table, twin })),
  );
  const made = keys.every(({ twin }) => madeValue(twin.value.by) !== null);
  return { found: duplicates(window, keys), mend: made ? mend(window, keys, operation) : null };
}

function duplicates({ name }: ColumnsWindow, keys: readonly OwnKey[]): CheckQuery {
  const rows = keys.map(
    ({ table, twin }) =>
      `SELECT ${quoteLiteral(`${table.name}.${twin.new}`)} AS "column", d.lockstep_old::pg_catalog.text AS old, d.lockstep_new::pg_catalog.text AS new FROM (${numbered(table, twin)}) AS d WHERE d.lockstep_number > 1`,
  );
  const text = rows.join('\nUNION ALL\n');
  return {
    check: 'unique',
    name: `every new key of ${name} is one of a kind`,
    severity: 'error',
    rows: text,
    summary: summarise(text, 10),
    mask: [],
  };
}

/** Rows in the order of their keys, numbered among those with the same new key. */
function numbered(table: TwinTable, twin: Twin): string {
  const keys = table.key.map(({ name }) => `t.${quoteIdentifier(name)}`);
  const among = uniqueWith(table, twin).map((name) => `t.${sideName(table, name, 'new', 'old')}`);
  return `SELECT ${keys.map((key, index) => `${key} AS lockstep_key${index}`).join(', ')}, t.${quoteIdentifier(twin.old)} AS lockstep_old, t.${quoteIdentifier(twin.new)} AS lockstep_new,
  pg_catalog.row_number() OVER (PARTITION BY ${among.join(', ')} ORDER BY ${keys.join(', ')}) AS lockstep_number
FROM ${table.name} AS t WHERE t.${quoteIdentifier(twin.new)} IS NOT NULL`;
}

/** With which columns together it is unique, itself among them. */
function uniqueWith({ relation }: TwinTable, { old }: Twin): readonly string[] {
  const over = relation.indexes
    .filter(({ unique, partial, keys }) => unique && !partial && keys.includes(old))
    .map(({ keys }) => keys.filter((key) => key !== null))
    .sort((a, b) => a.length - b.length);
  return over[0] ?? [old];
}

function mend(window: ColumnsWindow, keys: readonly OwnKey[], operation: string): string {
  const tables = window.tables.map(({ name }) => name).join(', ');
  const declared = keys.flatMap(({ table, twin }, number) => [
    ...table.key.map(({ type }, index) => `  key_${number}_${index} ${type}[];`),
    `  old_${number} ${twin.type}[];`,
  ]);
  const silent = window.tables.some(({ suppressed }) => suppressed === true)
    ? "  PERFORM pg_catalog.set_config('session_replication_role', 'replica', true);\n"
    : '';
  const body = `
DECLARE
${declared.join('\n')}
  taken uuid;
  given uuid;
BEGIN
${keys.map((key, number) => find(key, number)).join('')}  LOCK TABLE ${tables} IN SHARE ROW EXCLUSIVE MODE;
${silent}${keys.map((key, number) => giveAnother(window, key, number, operation)).join('')}END`;
  return `DO ${quoteLiteral(body)}`;
}

/** Before anybody is kept out. */
function find({ table, twin }: OwnKey, number: number): string {
  const each = table.key.map((_, index) => ({ into: `key_${number}_${index}`, from: `lockstep_key${index}` }));
  const all = [...each, { into: `old_${number}`, from: 'lockstep_old' }];
  return `  SELECT ${all.map(({ from }) => `coalesce(pg_catalog.array_agg(d.${from} ORDER BY ${each.map((key) => `d.${key.from}`).join(', ')}), '{}')`).join(', ')} INTO ${all.map(({ into }) => into).join(', ')}
  FROM (${numbered(table, twin)}) AS d WHERE d.lockstep_number > 1;
`;
}

function giveAnother(window: ColumnsWindow, { table, twin }: OwnKey, number: number, operation: string): string {
  const column = quoteIdentifier(twin.new);
  const is = table.key
    .map(({ name }, index) => `t.${quoteIdentifier(name)} = key_${number}_${index}[nth]`)
    .join(' AND ');
  const label = quoteLiteral(`${table.name}.${twin.new}`);
  return `  FOR nth IN 1 .. pg_catalog.cardinality(old_${number}) LOOP
    SELECT t.${column} INTO taken FROM ${table.name} AS t WHERE ${is};
    given := ${madeValue(twin.value.by)!};
    UPDATE ${table.name} AS t SET ${column} = given WHERE ${is};
    CONTINUE WHEN NOT FOUND;
${referencesTo(window, table, twin)
  .map((child) => follow(window, child, number))
  .join('')}    INSERT INTO lockstep.finding (run_id, operation_id, what, detail)
    VALUES (${RUN_ID}, ${quoteLiteral(operation)}, 'two rows had one new key: the later one was given another', pg_catalog.json_build_object('column', ${label}, 'old', old_${number}[nth], 'taken', taken, 'given', given));
  END LOOP;
`;
}

interface Child {
  readonly table: TwinTable;
  readonly twin: Twin & { readonly value: LookedUp };
}

/** Also by way of others; each behind what it takes its value from. */
function referencesTo(window: ColumnsWindow, root: TwinTable, key: Twin): readonly Child[] {
  const leadsTo = ({ value }: Twin, table: TwinTable): boolean =>
    value.kind === 'own'
      ? table.name === root.name
      : leadsTo(
          parentTwin(window, value),
          window.tables.find(({ name }) => name === value.parent)!,
        );
  const all = window.tables.flatMap((table) =>
    table.twins
      .filter((twin): twin is Child['twin'] => twin.value.kind === 'looked up' && leadsTo(twin, table))
      .map((twin): Child => ({ table, twin })),
  );
  const levelOf = fillLevels(window);
  return all.filter(({ twin }) => twin !== key).sort((a, b) => levelOf(a.table, a.twin) - levelOf(b.table, b.twin));
}

function follow(window: ColumnsWindow, { table, twin }: Child, number: number): string {
  const column = quoteIdentifier(twin.new);
  const { takes, finds } = parentLookUp(window, table, twin.old, twin.value, 'old', 'old', 'c');
  return `    UPDATE ${table.name} AS c SET ${column} = p.${takes} FROM ${twin.value.parent} AS p
    WHERE ${finds} AND c.${quoteIdentifier(twin.old)} = old_${number}[nth] AND c.${column} = taken AND p.${takes} = given;
`;
}
