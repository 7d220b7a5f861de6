/** Views that name converted columns, directly or by other views: what they mean by a name changes, so they are made again. */
import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import type { ParsedStatement } from '../../sql/grammar.js';
import { relationKey, type NameParts } from '../../sql/identifier.js';
import { objectKey } from '../../sql/object-key.js';
import { withColumnRenamed } from '../../sql/renamed-text.js';
import { touchedBy } from '../../sql/touch.js';
import { namesOfParts, type TwinTable } from './columns-window.js';

export interface AffectedView {
  /** Qualified and quoted. */
  readonly name: string;
  readonly kind: 'view' | 'materialized view';
  /** Null: the server does not say how to make it again. */
  readonly definition: string;
  readonly dressing: readonly string[];
}

/** In the order in which they can be made; the texts name all relations with their schemas. */
export function affectedViews(
  tables: readonly TwinTable[],
  catalog: CatalogSnapshot,
  statementsOf: (sql: string) => readonly ParsedStatement[],
): readonly AffectedView[] {
  const found: AffectedView[] = [];
  const all = Object.values(catalog.relations).flatMap(({ schema, name, kind }) => {
    if (kind !== 'view' && kind !== 'materialized view') return [];
    const facts = catalog.objects[objectKey({ kind, name: [schema, name] })];
    if (facts?.definition == null) return [];
    const reads = statementsOf(facts.definition).flatMap((statement) => relationsIn(statement).reads);
    const view: AffectedView = {
      name: relationKey({ schema, name }),
      kind,
      definition: facts.definition,
      dressing: facts.dressing,
    };
    return [{ view, reads }];
  });
  const affected = new Set<string>();
  for (let grown = true; grown;) {
    grown = false;
    for (const { view, reads } of all) {
      if (
        affected.has(view.name) ||
        !reads.some((read) => affected.has(read) || namesColumn(view.definition, read, tables))
      )
        continue;
      affected.add(view.name);
      grown = true;
    }
  }
  const waiting = all.filter(({ view }) => affected.has(view.name));
  while (waiting.length > 0) {
    const next = waiting.findIndex(
      ({ reads }) => !reads.some((read) => waiting.some(({ view }) => view.name === read)),
    );
    const [ready] = waiting.splice(Math.max(next, 0), 1);
    found.push(ready!.view);
  }
  return found;
}

/** Whether a rule or a policy would go on meaning old columns, or stands on a view that is made again. */
export function meansConverted(
  statement: ParsedStatement,
  tables: readonly TwinTable[],
  views: readonly AffectedView[],
): boolean {
  const { reads, writes } = relationsIn(statement);
  return [...reads, ...writes].some(
    (relation) => views.some(({ name }) => name === relation) || namesColumn(statement.text, relation, tables),
  );
}

/** The server prints every column by its name, never a star. */
function namesColumn(definition: string, relation: string, tables: readonly TwinTable[]): boolean {
  return tables
    .filter((one) => one.name === relation || namesOfParts(one).includes(relation))
    .some(({ twins }) =>
      twins.some(({ old, swaps }) => swaps && withColumnRenamed(definition, old, `${old}?`) !== definition),
    );
}

function relationsIn({ node }: ParsedStatement): {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
} {
  const { reads, writes } = touchedBy(node);
  const keys = (names: readonly NameParts[]): readonly string[] =>
    names.map((parts) => relationKey({ schema: parts.at(-2) ?? 'public', name: parts.at(-1)! }));
  return { reads: keys(reads), writes: keys(writes) };
}
