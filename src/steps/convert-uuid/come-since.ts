/**
 * What stands on a converted column, and was not there when the window opened: asked where a later plan cuts the window over, days or
 * weeks behind the step that built a counterpart of everything. In between, other plans and people have made what they needed.
 */
import { report } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import { relationKey } from '../../sql/identifier.js';
import { withColumnRenamed } from '../../sql/renamed-text.js';
import type { ColumnWindow, TwinTable } from '../../windows/column-window.js';
import { swapping } from '../../windows/swap-columns.js';
import type { LowerContext } from '../step-definition.js';
import { WINDOW_CODES } from '../window-codes.js';
import { nothingIsLeftBehind } from './refuse-dependents.js';

/** `context`: of the step that cuts it over. */
export function refuseWhatHasCome(window: ColumnWindow, context: LowerContext): void {
  const { relations } = context.catalog;
  const now = window.tables.map((table) => ({ ...table, relation: relations[table.name] ?? table.relation }));
  for (const what of [...now.flatMap(comeTo), ...referencesTo(window, context)])
    report(context, WINDOW_CODES, 'LS6514', context.locate(context.path), {
      detail: `${what}, and was not there when \`${window.name}\` opened.`,
      help: 'drop it in a step before this one, and make it again behind it',
    });
  nothingIsLeftBehind(now, context);
}

/** Indexes and constraints over an old column. */
function comeTo(table: TwinTable): readonly string[] {
  const { name, relation, had = [] } = table;
  const stands = (text: string): boolean =>
    swapping(table).some(({ old }) => withColumnRenamed(text, old, `${old}?`) !== text);
  const isNew = (one: { readonly name: string; readonly definition: string }): boolean =>
    !had.includes(one.name) && stands(one.definition);
  const constraints = relation.constraints.filter((one) => one.kind !== 'not null' && isNew(one));
  const indexes = relation.indexes.filter(
    (one) => isNew(one) && !constraints.some((constraint) => constraint.name === one.name),
  );
  return [...constraints, ...indexes].map(
    (one) => `\`${one.name}\` of \`${name}\` stands on an old column: ${one.definition}`,
  );
}

/** Foreign keys of other tables, which refer to an old column. */
function referencesTo({ tables, counterparts }: ColumnWindow, { catalog }: LowerContext): readonly string[] {
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
