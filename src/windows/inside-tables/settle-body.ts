/** What is settled at COMMIT, PL/pgSQL. */
import { columnNames, nameThen, twinNames, type ColumnsWindow, type Side, type TwinTable } from './columns-window.js';
import { fillId, fillLevels } from './fill-levels.js';
import { noteOrphan } from './note-orphans.js';
import { isSetAside } from './set-aside.js';
import { OLD_SNAPSHOT } from '../old-snapshot.js';
import { alsoRead, raiseOldSnapshot, type Site } from './twin-site.js';
import { asksParent, computedValue, parentLookUp } from './twin-values.js';
import { wholeReferences, type Part, type WholeReference } from './whole-references.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { stepOfWindow } from '../window-name.js';

/**
 * At COMMIT: a row whose reference was written before the row that it refers to (a deferred foreign key, two rows of one
 * statement) gets what was not there to be looked up. So does one that has walked past the fill with its key. All parts of a
 * composite reference at once: with one of them alone it would refer to nothing.
 */
export function settleBody(window: ColumnsWindow, table: TwinTable, leads: Side): string {
  const variables = table.twins.flatMap(({ type, value }, index) =>
    value.kind === 'own' ? [] : [`  wanted_${index} uuid;\n  other_${index} ${type};\n`],
  );
  const site: Site = { window, table, leads, names: twinNames(window.name, table.name) };
  return `
DECLARE
${variables.join('')}BEGIN
${wholeReferences(table)
  .map((whole) => settlePart(whole, site))
  .join('')}  RETURN NULL;
END`;
}

function settlePart(whole: WholeReference, site: Site): string {
  const { parts, value } = whole;
  const { table, leads, names } = site;
  const part =
    value.where === null
      ? ''
      : ` AND ${names.part(parts[0]!.twin)}(${value.whereReads.map(({ name }) => `NEW.${nameThen(table, name, leads)}`).join(', ')})`;
  const settled = `  IF ${missing(whole, 'new', leads)} AND ${given(whole, 'old', site)}${part} THEN
${settleFrom(whole, 'old', site)}  ELSIF ${missing(whole, 'old', leads)} AND ${given(whole, 'new', site)} THEN
${settleFrom(whole, 'new', site)}  END IF;
`;
  return value.upheld ? `  IF TG_OP = 'INSERT' OR ${hasChanged(whole, site)} THEN\n${settled}  END IF;\n` : settled;
}

/**
 * Of a row whose foreign key has had its say nothing is to be settled that another write of it left: the fill has still to come to it, unless
 * it gets another place. Settled all the same, it would be written once more, which triggers of the application see.
 */
function hasChanged({ parts, value }: WholeReference, site: Site): string {
  const { table, leads } = site;
  const names = parts.flatMap(({ twin }) => Object.values(columnNames(twin, leads)));
  const places = table.key.map(({ name }) => nameThen(table, name, leads));
  return [...new Set([...names, ...alsoRead(value, site), ...places])]
    .map((name) => `NEW.${name} IS DISTINCT FROM OLD.${name}`)
    .join(' OR ');
}

function missing({ parts }: WholeReference, side: Side, leads: Side): string {
  const each = parts.map(({ twin }) => `NEW.${columnNames(twin, leads)[side]} IS NULL`);
  return each.length === 1 ? each[0]! : `(${each.join(' OR ')})`;
}

/** All that the parent is looked up by; of one that computes its own value, itself. */
function given({ parts, value }: WholeReference, side: Side, { window, table, leads }: Site): string {
  if (side === 'new' || asksParent(value, leads))
    return parentLookUp(window, table, parts[0]!.twin.old, value, side, leads, 'NEW').complete;
  const each = parts.map(({ twin }) => `NEW.${columnNames(twin, leads).old} IS NOT NULL`);
  return each.length === 1 ? each[0]! : `(${each.join(' OR ')})`;
}

/** By the values of one side those of the other. */
function settleFrom(whole: WholeReference, says: Side, site: Site): string {
  const { parts, value } = whole;
  const { window, table, leads } = site;
  const lacks: Side = says === 'old' ? 'new' : 'old';
  const variable = ({ index }: Part): string => `${says === 'old' ? 'wanted' : 'other'}_${index}`;
  const name = ({ twin }: Part, side: Side): string => columnNames(twin, leads)[side];
  const found = parts.map(({ twin }) => parentLookUp(window, table, twin.old, twin.value, says, leads, 'NEW'));
  const same = sameRow(site).join(' AND ');
  const isAsItWas = `${same} AND ${parts.map((part) => `t.${name(part, says)} IS NOT DISTINCT FROM NEW.${name(part, says)}`).join(' AND ')} AND ${eachOr(parts.map((part) => `t.${name(part, lacks)} IS NULL`))}`;
  const computes = says === 'old' && !asksParent(value, leads);
  // What the old side computes by itself, a batch of ours has not to find the parent for: that may have no new key yet.
  const asked = computes
    ? parts.map((part) => `    ${variable(part)} := ${computedValue(value.by, `NEW.${name(part, says)}`)!};\n`).join('')
    : `    SELECT ${found.map(({ takes }) => `p.${takes}`).join(', ')} INTO ${parts.map(variable).join(', ')} FROM ${value.parent} AS p WHERE ${found[0]!.finds};\n`;
  const there = computes
    ? eachOr(parts.map((part) => `${variable(part)} IS NOT NULL`))
    : parts.map((part) => `${variable(part)} IS NOT NULL`).join(' AND ');
  const set = parts.map((part) => `${name(part, lacks)} = ${variable(part)}`).join(', ');
  const otherwise = computes
    ? ''
    : `${unless(found[0]!.complete, isAsItWas, whole, site)}${noted(isAsItWas, whole, says, site)}`;
  return `${asked}    IF ${there} THEN
      UPDATE ${table.name} AS t SET ${set} WHERE ${isAsItWas};
${otherwise}    END IF;
`;
}

function eachOr(conditions: readonly string[]): string {
  return conditions.length === 1 ? conditions[0]! : `(${conditions.join(' OR ')})`;
}

/** By the side that leads: the other one may be what is still missing. */
function sameRow({ table, leads }: Site): readonly string[] {
  return table.key.map(({ name }) => {
    const twinned = table.twins.find((each) => each.old === name);
    const column = twinned === undefined ? quoteIdentifier(name) : columnNames(twinned, leads)[leads];
    return `t.${column} = NEW.${column}`;
  });
}

/** Still missing at the end, and nothing refers to nothing: the parent came after the snapshot. A foreign key says so itself. */
function unless(complete: string, isAsItWas: string, whole: WholeReference, { window, table }: Site): string {
  const { value } = whole;
  if (value.orphans !== 'fail' || value.upheld) return '';
  return `    ELSIF NOT FOUND AND ${complete} AND ${OLD_SNAPSHOT} AND EXISTS (SELECT FROM ${table.name} AS t WHERE ${isAsItWas}) THEN
${raiseOldSnapshot(window, value)}`;
}

/** Still missing at the end, and the plan wants it noted down. */
function noted(isAsItWas: string, { parts }: WholeReference, says: Side, { window, table, leads }: Site): string {
  const [{ twin }] = parts as readonly [Part];
  if (!isSetAside(twin)) return '';
  const fill = fillId(stepOfWindow(window), table.name, fillLevels(window)(table, twin));
  return `    ELSIF NOT FOUND AND EXISTS (SELECT FROM ${table.name} AS t WHERE ${isAsItWas}) THEN
${noteOrphan(window, table, twin, { leads, says }, fill)}`;
}
