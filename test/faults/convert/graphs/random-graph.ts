/**
 * A database whose keys refer to each other: what it is made of, with its rows, as statements; and the `convert_uuid` of it. Every row
 * has a label that no conversion touches, so that what refers to what can be told whatever the keys are.
 */
import { quoteIdentifier } from '../../../../src/sql/identifier.js';
import type { Choice } from '../../ddl/random-choice.js';
import { insertRows, type Build } from './graph-build.js';
import { KEY_TYPES, type KeyType } from './old-keys.js';
import { indexesOf, policiesOf, viewsOf } from './random-dressing.js';
import { partitioned, refusedPartitions } from './random-partitions.js';
import { referenceDefinition, type GraphReference } from './random-reference.js';
import { child, link, refer, root, shared } from './random-tables.js';

export interface Graph {
  readonly statements: readonly string[];
  readonly tables: readonly GraphTable[];
  readonly type: KeyType;
  readonly convert: Readonly<Record<string, unknown>>;
  readonly shapes: ReadonlySet<string>;
  /** Whether a table is partitioned in a way that cannot be converted. */
  readonly refused: boolean;
}

export interface GraphTable {
  /** Qualified and quoted. */
  readonly name: string;
  readonly kind: 'root' | 'shared' | 'link' | 'child' | 'partitioned';
  /** Not quoted, as all columns here. */
  readonly label: string;
  /** What others refer to; null: nothing that is converted. */
  readonly key: GraphKey | null;
  readonly references: GraphReference[];
  readonly labels: string[];
}

export interface GraphKey {
  readonly column: string;
  readonly tenant: string | null;
  /** Something gives a row its key. */
  readonly given: boolean;
  /** And nobody else may. */
  readonly always: boolean;
}

export function randomGraph(choice: Choice, major: number): Graph {
  const value = choice.one(['cast', 'random', 'derived', ...(major >= 18 ? ['v7'] : ['random'])]);
  const type = choice.one(value === 'cast' ? (['text', 'character varying(40)'] as const) : KEY_TYPES);
  const schemas = choice.chance(0.3) ? ['public', 'Other Place'] : ['public'];
  const build: Build = {
    ...{ major, choice, value, type, schemas, shapes: new Set([value, type]), tables: [], rows: new Map() },
    ...{ create: [], after: [], taken: new Set() },
  };
  const alone = choice.chance(0.7);
  const roots = Array.from({ length: alone ? 1 : 2 }, () => root(build, alone));
  if (choice.chance(0.3)) shared(build, choice.one(roots));
  const many = choice.between(1, 3);
  for (let index = 0; index < many; index++) (choice.chance(0.3) ? link : child)(build);
  if (choice.chance(0.4)) refer(build, roots[0]!, roots[0]!);
  if (roots.length === 2) {
    refer(build, roots[1]!, roots[0]!);
    if (choice.chance(0.8)) refer(build, roots[0]!, roots[1]!);
  }
  const [one] = build.tables.filter(({ kind }) => kind === 'shared');
  if (one !== undefined && choice.chance(0.5)) refer(build, one.references[0]!.parent, one);
  if (choice.chance(0.4)) partitioned(build);
  const refused = choice.chance(0.06);
  const parts = refused ? refusedPartitions(build) : [];
  tellCycles(build);
  const inserts = build.tables.flatMap((table) => insertRows(table, build.rows.get(table)!));
  const soft = build.tables.flatMap((table) =>
    table.references
      .filter((reference) => reference.soft)
      .map((reference) => ({
        column: `${table.name}.${quoteIdentifier(reference.column)}`,
        to: reference.parent.name,
        ...(reference.where !== null && { where: `${quoteIdentifier(reference.where)} = 'this'` }),
      })),
  );
  const composite = roots[0]!.key!.tenant !== null || roots.some(({ name }) => build.shapes.has(`by code ${name}`));
  return {
    statements: [
      ...schemas.slice(1).map((schema) => `CREATE SCHEMA ${quoteIdentifier(schema)}`),
      'CREATE SEQUENCE public.old_keys START 100000',
      ...build.create,
      ...inserts,
      ...build.after,
      ...build.tables.flatMap((table) =>
        table.references.flatMap((reference) => referenceDefinition(table, reference)),
      ),
      ...build.tables.filter(({ kind }) => kind !== 'partitioned').flatMap((table) => indexesOf(table, build)),
      ...viewsOf(build.tables, build),
      ...parts,
      ...policiesOf(build.tables, build),
    ],
    tables: build.tables,
    type,
    refused,
    shapes: build.shapes,
    convert: {
      ...(roots.length === 1 ? { table: roots[0]!.name } : { tables: roots.map(({ name }) => name) }),
      value,
      ...(composite && { column: quoteIdentifier(roots[0]!.key!.column) }),
      ...(value === 'derived' && { namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' }),
      ...(soft.length > 0 && { references: soft, ...(choice.chance(0.5) && { orphans: 'keep' }) }),
      ...(roots.some(({ key }) => !key!.given) && value !== 'cast' && { old_value: oldValue(type) }),
      ...(choice.chance(0.2) && roots.every(({ key }) => key!.tenant === null) && { map: 'public.pairs' }),
      batch: { rows: choice.between(3, 20), target: 'off' },
    },
  };
}

function oldValue(type: KeyType): string {
  return type === 'integer' || type === 'bigint'
    ? `nextval('public.old_keys')::${type}`
    : `'old ' || nextval('public.old_keys')`;
}

/** From one table to others and back to it. */
function tellCycles({ tables, shapes }: Build): void {
  const reaches = (from: GraphTable, to: GraphTable, seen: Set<GraphTable>): boolean =>
    from.references.some(({ parent }) => {
      if (parent === from || seen.has(parent)) return false;
      seen.add(parent);
      return parent === to || reaches(parent, to, seen);
    });
  if (tables.some((table) => reaches(table, table, new Set()))) shapes.add('cycle');
}
