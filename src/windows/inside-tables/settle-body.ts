/** What is settled at COMMIT, PL/pgSQL. */
import {
  columnNames,
  nameThen,
  twinNames,
  type ColumnsWindow,
  type LookedUp,
  type Side,
  type Twin,
  type TwinTable,
} from './columns-window.js';
import { fillId, fillLevels } from './fill-levels.js';
import { noteOrphan } from './note-orphans.js';
import { isSetAside } from './set-aside.js';
import { OLD_SNAPSHOT, raiseOldSnapshot, type Site } from './twin-site.js';
import { parentLookUp, type ParentLookUp } from './twin-values.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { stepOfWindow } from '../window-name.js';

/**
 * At COMMIT: a row whose reference was written before the row that it refers to (a deferred foreign key, two rows of one
 * statement) gets what was not there to be looked up.
 */
export function settleBody(window: ColumnsWindow, table: TwinTable, leads: Side): string {
  const variables = table.twins.map(({ type }, index) => `  other_${index} ${type};\n`).join('');
  const parts = table.twins.flatMap((twin, index) =>
    twin.value.kind === 'own'
      ? []
      : settlePart(twin, twin.value, index, { window, table, leads, names: twinNames(window.name, table.name) }),
  );
  return `
DECLARE
  wanted uuid;
${variables}BEGIN
${parts.join('')}  RETURN NULL;
END`;
}

function settlePart(twin: Twin, value: LookedUp, index: number, { window, table, leads, names }: Site): string {
  const { old, new: twinName } = columnNames(twin, leads);
  // By the side that leads: the other one may be what is still missing.
  const keyName = (name: string): string => {
    const twinned = table.twins.find((each) => each.old === name);
    return twinned === undefined ? quoteIdentifier(name) : columnNames(twinned, leads)[leads];
  };
  const same = table.key.map(({ name }) => `t.${keyName(name)} = NEW.${keyName(name)}`);
  const byOld = parentLookUp(window, table, twin.old, value, 'old', leads, 'NEW');
  const byNew = parentLookUp(window, table, twin.old, value, 'new', leads, 'NEW');
  // Still missing at the end, and the plan wants it noted down.
  const noted = (says: Side, given: string, missing: string): string =>
    isSetAside(twin)
      ? `    ELSIF NOT FOUND AND EXISTS (SELECT FROM ${table.name} AS t WHERE ${same.join(' AND ')} AND t.${given} = NEW.${given} AND t.${missing} IS NULL) THEN
${noteOrphan(window, table, { ...twin, value }, { leads, says }, fillId(stepOfWindow(window), table.name, fillLevels(window)(table, twin)))}`
      : '';
  // Still missing at the end, and nothing refers to nothing: the parent came after the snapshot. A foreign key says so itself.
  const unless = (found: ParentLookUp, given: string, missing: string): string =>
    value.orphans === 'fail' && !value.upheld
      ? `    ELSIF ${found.complete} AND ${OLD_SNAPSHOT} AND EXISTS (SELECT FROM ${table.name} AS t WHERE ${same.join(' AND ')} AND t.${given} = NEW.${given} AND t.${missing} IS NULL) THEN
${raiseOldSnapshot(window, value)}`
      : '';
  const part =
    value.where === null
      ? ''
      : ` AND ${names.part(twin)}(${value.whereReads.map(({ name }) => `NEW.${nameThen(table, name, leads)}`).join(', ')})`;
  return `  IF NEW.${twinName} IS NULL AND NEW.${old} IS NOT NULL${part} THEN
    SELECT p.${byOld.takes} INTO wanted FROM ${value.parent} AS p WHERE ${byOld.finds};
    IF wanted IS NOT NULL THEN
      UPDATE ${table.name} AS t SET ${twinName} = wanted WHERE ${same.join(' AND ')} AND t.${old} = NEW.${old} AND t.${twinName} IS NULL;
${unless(byOld, old, twinName)}${noted('old', old, twinName)}    END IF;
  ELSIF NEW.${old} IS NULL AND NEW.${twinName} IS NOT NULL THEN
    SELECT p.${byNew.takes} INTO other_${index} FROM ${value.parent} AS p WHERE ${byNew.finds};
    IF other_${index} IS NOT NULL THEN
      UPDATE ${table.name} AS t SET ${old} = other_${index} WHERE ${same.join(' AND ')} AND t.${twinName} = NEW.${twinName} AND t.${old} IS NULL;
${unless(byNew, twinName, old)}${noted('new', twinName, old)}    END IF;
  END IF;
`;
}
