/** A graph of keys while it is being made: its tables, their rows, and how rows refer to each other. */
import { quoteIdentifier, quoteLiteral, relationKey } from '../../../../src/sql/identifier.js';
import type { Choice } from '../../ddl/random-choice.js';
import { randomName } from '../../ddl/random-name.js';
import type { KeyType } from './old-keys.js';
import type { GraphKey, GraphTable } from './random-graph.js';
import type { GraphReference } from './random-reference.js';

/** A row before it is written: by column, SQL. */
export type Row = Record<string, string>;

export interface Build {
  readonly major: number;
  readonly choice: Choice;
  readonly value: string;
  readonly type: KeyType;
  readonly shapes: Set<string>;
  readonly tables: GraphTable[];
  readonly rows: Map<GraphTable, Row[]>;
  readonly create: string[];
  readonly after: string[];
  readonly taken: Set<string>;
  readonly schemas: readonly string[];
}

export const MOST_ROWS = 14;

export function newTable(build: Build, kind: GraphTable['kind'], key: GraphKey | null): GraphTable {
  const { choice, taken, schemas } = build;
  const name = randomName(choice, taken);
  taken.add(name);
  const table: GraphTable = {
    ...{ name: relationKey({ schema: choice.one(schemas), name }), kind, key, references: [], labels: [] },
    label: choice.one(['label', 'Label', 'lbl"x']),
  };
  build.tables.push(table);
  build.rows.set(table, []);
  return table;
}

export function someParent({ choice, tables }: Build): GraphTable {
  return choice.one(tables.filter(({ key }) => key !== null));
}

export function columnsOf({ type }: Build, references: readonly GraphReference[]): string {
  return references
    .flatMap(({ column, tenant, nullable }) => [
      ...(tenant === null ? [] : [`${quoteIdentifier(tenant)} integer${nullable ? '' : ' NOT NULL'}`]),
      `${quoteIdentifier(column)} ${type}${nullable ? '' : ' NOT NULL'}`,
    ])
    .join(', ');
}

/** To rows of the parents, or to nothing. */
export function pointing({ choice, rows }: Build, references: readonly GraphReference[]): Row {
  return Object.fromEntries(
    references.flatMap(({ column, tenant, parent, nullable }) => {
      const target = nullable && choice.chance(0.25) ? undefined : choice.one(rows.get(parent)!);
      const key = [column, target?.[parent.key!.column] ?? 'NULL'] as const;
      return tenant === null ? [key] : [[tenant, target?.[parent.key!.tenant!] ?? 'NULL'] as const, key];
    }),
  );
}

export function addRow({ rows }: Build, table: GraphTable, label: string, row: Row): void {
  table.labels.push(label);
  rows.get(table)!.push({ [table.label]: quoteLiteral(label), ...row });
}

export function insertRows(table: GraphTable, rows: readonly Row[]): readonly string[] {
  return rows.map(
    (row) =>
      `INSERT INTO ${table.name} (${Object.keys(row).map(quoteIdentifier).join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${Object.values(row).join(', ')})`,
  );
}
