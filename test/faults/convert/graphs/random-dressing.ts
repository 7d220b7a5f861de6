/** What stands on the columns: indexes of every form, constraints, comments, views, policies. */
import { quoteIdentifier } from '../../../../src/sql/identifier.js';
import type { Choice } from '../../ddl/random-choice.js';
import type { GraphTable } from './random-graph.js';

interface Chosen {
  readonly choice: Choice;
  readonly shapes: Set<string>;
}

export function indexesOf(table: GraphTable, { choice, shapes }: Chosen): readonly string[] {
  const q = quoteIdentifier;
  const label = q(table.label);
  const statements: string[] = [];
  for (const { column } of table.references) {
    const own = q(column);
    const text = choice.weighted([
      [4, ''],
      [3, `CREATE INDEX ON ${table.name} (${own})`],
      [2, `CREATE INDEX ON ${table.name} (${own} DESC NULLS LAST, ${label})`],
      [2, `CREATE INDEX ON ${table.name} (${label}) INCLUDE (${own})`],
      [2, `CREATE INDEX ON ${table.name} (${label}, ${own}) WHERE ${own} IS NOT NULL`],
      [1, `CREATE INDEX ON ${table.name} USING hash (${own})`],
      [1, `CREATE UNIQUE INDEX ON ${table.name} (${label}, ${own})`],
      [1, `CREATE INDEX ON ${table.name} (lower(${label}), ${own})`],
      [1, `ALTER TABLE ${table.name} ADD UNIQUE (${own}, ${label})`],
      [1, `ALTER TABLE ${table.name} ADD UNIQUE NULLS NOT DISTINCT (${own}, ${label}) INCLUDE (${own})`],
    ]);
    if (text === '') continue;
    statements.push(text);
    if (text.includes('UNIQUE')) shapes.add('unique over a reference');
    for (const word of ['INCLUDE', 'WHERE', 'DESC', 'hash']) if (text.includes(word)) shapes.add(`index ${word}`);
  }
  if (table.key !== null && choice.chance(0.3))
    statements.push(`COMMENT ON COLUMN ${table.name}.${q(table.key.column)} IS 'what it is'`);
  const commented = table.references[0];
  if (commented !== undefined && choice.chance(0.2))
    statements.push(`COMMENT ON COLUMN ${table.name}.${q(commented.column)} IS 'whose it is'`);
  return statements;
}

export function viewsOf(tables: readonly GraphTable[], { choice, shapes }: Chosen): readonly string[] {
  if (!choice.chance(0.4)) return [];
  const q = quoteIdentifier;
  const pairs = tables.flatMap((table) => table.references.map((reference) => ({ table, reference })));
  const pair = choice.maybeOne(pairs);
  if (pair === undefined) return [];
  const { table, reference } = pair;
  const { parent, column, tenant } = reference;
  if (reference.where !== null) return [];
  const also = tenant === null ? '' : ` AND p.${q(parent.key!.tenant!)} = c.${q(tenant)}`;
  shapes.add('view');
  const statements = [
    `CREATE VIEW public.pairs_seen AS SELECT c.${q(table.label)} AS child, p.${q(parent.label)} AS parent, c.${q(column)} AS "the key" FROM ${table.name} AS c JOIN ${parent.name} AS p ON p.${q(parent.key!.column)} = c.${q(column)}${also}`,
  ];
  if (choice.chance(0.4)) {
    shapes.add('view over a view');
    statements.push(
      `CREATE VIEW public.pairs_counted AS SELECT "the key", count(*) AS n FROM public.pairs_seen GROUP BY 1`,
    );
  }
  return statements;
}

/** Over the reference of its own table, over a view, or from a table that refers to nothing. */
export function policiesOf(tables: readonly GraphTable[], { choice, shapes }: Chosen): readonly string[] {
  if (!choice.chance(0.4)) return [];
  const q = quoteIdentifier;
  const pair = choice.maybeOne(tables.flatMap((table) => table.references.map((reference) => ({ table, reference }))));
  if (pair === undefined) return [];
  const { table, reference } = pair;
  const { parent, column, where } = reference;
  if (where !== null) return [];
  // By `=`: of a varchar the server prints `IN` with a cast to text on one side, which a uuid does not fit.
  const key = `SELECT p.${q(parent.key!.column)} FROM ${parent.name} AS p`;
  shapes.add('policy');
  return choice.weighted([
    [
      2,
      [
        `CREATE POLICY "its own" ON ${table.name} USING (EXISTS (${key} WHERE p.${q(parent.key!.column)} = ${table.name}.${q(column)})) WITH CHECK (${q(column)} IS NOT NULL)`,
      ],
    ],
    [
      1,
      [
        `CREATE POLICY "by ""name" ON ${table.name} FOR DELETE USING (${q(table.label)} <> ')' AND ${q(column)} || '' <> '')`,
      ],
    ],
    [
      2,
      [
        'CREATE TABLE public.notes (about text)',
        `CREATE POLICY elsewhere ON public.notes USING (EXISTS (${key} JOIN ${table.name} AS c ON c.${q(column)} = p.${q(parent.key!.column)} WHERE c.${q(table.label)} = about))`,
      ],
    ],
  ]);
}
