/** What a conversion makes has names of its own: none of them may be taken, and a table of pairs must be able to tell rows apart. */
import { report } from '../../catalog/scope.js';
import { relationsOf, type Counterpart, type TwinTable } from '../../windows/inside-tables/columns-window.js';
import type { LowerContext } from '../step-definition.js';
import { CONVERT_CODES } from './codes.js';
import { takenNames } from './counterparts.js';

/** `map`: the table of pairs, qualified and quoted; null: none. True where nothing was reported. */
export function namesAreFree(
  tables: readonly TwinTable[],
  counterparts: readonly Counterpart[],
  map: string | null,
  context: LowerContext,
): boolean {
  const { relations } = context.catalog;
  let free = true;
  const refuse = (code: 'LS6601' | 'LS6603', at: readonly string[], detail: string, help: string): void => {
    free = false;
    report(context, CONVERT_CODES, code, context.locate([...context.path, ...at]), { detail, help });
  };
  for (const name of tables.flatMap(relationsOf).flatMap((relation) => takenNames(relation, counterparts, relations)))
    refuse('LS6603', [], `\`${name}\` is there already.`, 'rename it');
  if (map === null) return free;
  if (relations[map] !== undefined) refuse('LS6603', ['map'], `\`${map}\` is there already.`, 'name another table');
  // It tells a row by its old key alone.
  for (const { name, relation, twins } of tables) {
    const own = twins.find(({ value }) => value.kind === 'own');
    if (own === undefined || isUniqueAlone(relation, own.old)) continue;
    const detail = `\`${name}.${own.old}\` is unique together with other columns only: a pair of old and new key tells no row.`;
    refuse('LS6601', ['map'], detail, 'leave out `map`');
  }
  return free;
}

function isUniqueAlone({ indexes }: TwinTable['relation'], column: string): boolean {
  return indexes.some(({ unique, partial, keys }) => unique && !partial && keys.length === 1 && keys[0] === column);
}
