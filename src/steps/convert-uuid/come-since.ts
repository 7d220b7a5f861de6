/**
 * What stands on a converted column, and was not there when the window opened: asked where a later plan cuts the window over, days or
 * weeks behind the step that built a counterpart of everything. In between, other plans and people have made what they needed.
 */
import { report } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import { relationKey } from '../../sql/identifier.js';
import { withColumnRenamed } from '../../sql/renamed-text.js';
import {
  relationsOf,
  tablesNow,
  type ColumnsWindow,
  type TwinTable,
} from '../../windows/inside-tables/columns-window.js';
import { swapping } from '../../windows/inside-tables/swap-columns.js';
import type { LowerContext } from '../step-definition.js';
import { WINDOW_CODES } from '../window-codes.js';
import { nothingIsLeftBehind } from './refuse-dependents.js';

/** `context`: of the step that cuts it over. */
export function refuseWhatHasCome(window: ColumnsWindow, context: LowerContext): void {
  const now = tablesNow(window, context.catalog.relations);
  const refuse = (detail: string, help: string): void =>
    report(context, WINDOW_CODES, 'LS6514', context.locate(context.path), { detail, help });
  for (const what of [...now.flatMap(comeTo), ...referencesTo(window, context)])
    refuse(
      `${what}, and was not there when \`${window.name}\` opened.`,
      'drop it in a step before this one, and make it again behind it',
    );
  for (const what of goneFrom(window, context))
    refuse(
      `${what} is there no more, and was when \`${window.name}\` opened.`,
      'make it again as it was, or take the run that opened the window back and apply its plan anew',
    );
  nothingIsLeftBehind(now, context);
}

/** Indexes and constraints over an old column. */
function comeTo(table: TwinTable): readonly string[] {
  const { had = [] } = table;
  const stands = (text: string): boolean =>
    swapping(table).some(({ old }) => withColumnRenamed(text, old, `${old}?`) !== text);
  const isNew = (one: { readonly name: string; readonly definition: string }): boolean =>
    !had.includes(one.name) && stands(one.definition);
  return relationsOf(table).flatMap((relation) => {
    const constraints = relation.constraints.filter((one) => one.kind !== 'not null' && isNew(one));
    const indexes = relation.indexes.filter(
      (one) => isNew(one) && !constraints.some((constraint) => constraint.name === one.name),
    );
    return [...constraints, ...indexes].map(
      (one) => `\`${one.name}\` of \`${sqlName(relation)}\` stands on an old column: ${one.definition}`,
    );
  });
}

/** What changes names in the cutover: one of the two, or both. A partition may go with all that it has. */
function goneFrom({ counterparts }: ColumnsWindow, { catalog }: LowerContext): readonly string[] {
  return counterparts.flatMap(({ table, name, twin }) => {
    const relation = catalog.relations[table];
    if (relation === undefined) return [];
    const there = new Set([...relation.indexes, ...relation.constraints].map((one) => one.name));
    return [name, twin].filter((one) => !there.has(one)).map((one) => `\`${one}\` of \`${table}\``);
  });
}

/** Foreign keys of other tables, which refer to an old column. */
function referencesTo({ tables, counterparts }: ColumnsWindow, { catalog }: LowerContext): readonly string[] {
  return Object.values(catalog.relations).flatMap((relation) =>
    relation.constraints.flatMap(({ kind, name, references, definition }) => {
      const parent = references && tables.find((table) => table.name === relationKey(references.table));
      if (kind !== 'foreign key' || references === undefined || parent === undefined) return [];
      const from = sqlName(relation);
      const isKnown =
        tables.some((table) => table.name === from) ||
        counterparts.some((one) => one.kind === 'foreign key' && one.table === from && one.name === name);
      const isOld = swapping(parent).some(({ old }) => references.columns.includes(old));
      return isKnown || !isOld ? [] : [`\`${name}\` of \`${from}\` refers to an old column: ${definition}`];
    }),
  );
}
