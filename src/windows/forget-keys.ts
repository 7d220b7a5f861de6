/** What a window noted of the keys of its rows, and of who wrote them: forgotten when nothing of the window is left. */
import { quoteLiteral } from '../sql/identifier.js';

/** What the mirrors wrote down besides the rows. */
export function forgetKeys({ name }: { readonly name: string }): readonly string[] {
  return ['tombstone', 'old_writer', 'mirror_failure', 'move'].map(
    (table) => `DELETE FROM lockstep.${table} WHERE window_name = ${quoteLiteral(name)}`,
  );
}
