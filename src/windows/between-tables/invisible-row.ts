/**
 * Whether an old snapshot does not see a row of the target that is there: inserting its old image is the only question that the server
 * answers with 40001. What was inserted is taken back by the end of a subtransaction, so that no trigger of the target has seen it. The
 * row that it refers to may be missing: not filled yet, or gone with it. A foreign key says so when the INSERT is over, so no row was in
 * its way.
 */
import { sqlName } from '../../mapping/mapping.js';
import { fields, names, overriding } from './row-parts.js';
import type { Mirror } from './tables-window.js';

/** Statements of PL/pgSQL, of the row `gone`. */
export function askForInvisible({ mapping }: Mirror): string {
  return `BEGIN
  INSERT INTO ${sqlName(mapping.target)} (${names(mapping.columns)})${overriding(mapping.columns)} VALUES (${fields(mapping.columns, 'gone')})
  ON CONFLICT (${names(mapping.key)}) DO NOTHING;
  RAISE SQLSTATE 'LS000';
EXCEPTION
  WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
    NULL;
END;`;
}
