/** Where a part of a mirror's body stands, and what it raises. */
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import {
  columnNames,
  nameThen,
  type ColumnsWindow,
  type LookedUp,
  type Side,
  type Twin,
  type TwinNames,
  type TwinTable,
} from './columns-window.js';

export interface Site {
  readonly window: ColumnsWindow;
  readonly table: TwinTable;
  readonly leads: Side;
  readonly names: TwinNames;
}

/** Own columns besides the reference itself on which its value depends, quoted. */
export function alsoRead(value: LookedUp, { table, leads }: Pick<Site, 'table' | 'leads'>): readonly string[] {
  return [...value.also.map(({ own }) => own), ...value.whereReads.map(({ name }) => name)].map((name) =>
    nameThen(table, name, leads),
  );
}

/** No batch of ours. */
export const NOT_BY_US = "coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = ''";

export function raiseOldSnapshot({ name }: Pick<ColumnsWindow, 'name'>, { parent }: LookedUp): string {
  return `        RAISE EXCEPTION 'lockstep window %: the snapshot is older than the new key of ${inMessage(parent)}', ${quoteLiteral(name)}
          USING ERRCODE = 'serialization_failure', HINT = 'Try the transaction again.';
`;
}

export function refuseUnless(holds: string, twin: Twin, { window, table, leads }: Site): string {
  const { old, new: twinName } = columnNames(twin, leads);
  const said = `lockstep window %: ${old} and ${twinName} of ${table.name} are written with values that do not belong together`;
  return `    IF NOT (${holds}) THEN
      RAISE EXCEPTION ${quoteLiteral(said.replaceAll('%', '%%').replace('%%:', '%:'))}, ${quoteLiteral(quoteIdentifier(window.name))}
        USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
    END IF;
`;
}

/** Within the text of a message, which is a literal and a format. */
function inMessage(text: string): string {
  return text.replaceAll("'", "''").replaceAll('%', '%%');
}
