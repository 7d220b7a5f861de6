/**
 * A row that a reference refers to is there and has no new key, though its table was filled: somebody took it away past the triggers.
 * The batch that meets it stops with its name, and a write that NOT NULL would refuse without a reason is refused with one.
 */
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { columnNames, parentTwin, type ColumnsWindow, type LookedUp, type Twin } from './columns-window.js';
import type { Site } from './twin-site.js';
import { computedValue, madeValue } from './twin-values.js';

/** The statement that gives such rows their keys; the trigger of the parent takes it as it takes any other. */
export function repairOf(window: Pick<ColumnsWindow, 'tables'>, value: LookedUp): string {
  const twin = parentTwin(window, value);
  const { old, new: twinName } = columnNames(twin, 'old');
  const made = madeValue(twin.value.by) ?? computedValue(twin.value.by, old)!;
  const given = twin.value.kind === 'own' ? made : 'the key of what it refers to itself';
  return `UPDATE ${value.parent} SET ${twinName} = ${given} WHERE ${twinName} IS NULL`;
}

/** PL/pgSQL, where the parent was found (`hit`) and had nothing (`wanted`, a variable). */
export function refuseUnconverted(twin: Twin, value: LookedUp, wanted: string, { window, table, leads }: Site): string {
  if (leads === 'new' || !twin.notNull || !(value.upheld || value.orphans === 'fail')) return '';
  const { old, new: twinName } = columnNames(twin, leads);
  const said = `lockstep window %: the row of ${value.parent} that ${old} of ${table.name} refers to has no new key`;
  return `      -- Until NOT NULL stands on it, the fill of this table is still to come. One condition alone is no query.
      IF hit AND ${wanted} IS NULL THEN
        IF (SELECT a.attnotnull FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = TG_RELID AND a.attname = ${quoteLiteral(twin.new)}) THEN
          RAISE EXCEPTION ${quoteLiteral(said.replaceAll('%', '%%').replace('%%:', '%:'))}, ${quoteLiteral(quoteIdentifier(window.name))}
            USING ERRCODE = 'not_null_violation', DETAIL = 'Key (${old.replaceAll("'", "''")})=(' || NEW.${old} || ') is there, its ${twinName.replaceAll("'", "''")} would be NULL.',
              HINT = ${quoteLiteral(`Give it one, then write again: ${repairOf(window, value)} (LS6610)`)};
        END IF;
      END IF;
`;
}
