/**
 * What compiling a plan asks of a database, as a JSON file that a server wrote and every other test reads without one. Owns the
 * file: what is left out of it because it is ordinary, and the one spelling of its bytes. Reading a server belongs to
 * `read-golden-catalog.ts`.
 */
import { readFileSync } from 'node:fs';

import type { CatalogSnapshot, Relation } from '../../../src/catalog/catalog-snapshot.js';
import type { WindowOfPlan } from '../../../src/planner/other-windows.js';
import { spreadJson } from './spread-json.js';

/** Creates and reads every schema; no superuser, so that privileges count. */
export const GOLDEN_ROLE = 'lockstep_golden';
/** Owns what a schema puts out of that role's reach. */
export const OTHER_ROLE = 'lockstep_golden_other';

export interface GoldenCatalog {
  /** SHA-256 of what the server was given: the schema, and the plans that were applied to it. */
  readonly of: string;
  readonly catalog: CatalogSnapshot;
  /** Those that the applied plans have left open. */
  readonly windows: readonly WindowOfPlan[];
}

export function catalogPath(name: string): string {
  return `test/goldens/catalogs/${name}.json`;
}

export function readGoldenCatalog(name: string): GoldenCatalog {
  const stored = JSON.parse(readFileSync(catalogPath(name), 'utf8')) as GoldenCatalog;
  const { relations } = stored.catalog;
  const whole = Object.entries(relations).map(([key, relation]) => [
    key,
    eachPart({ ...ORDINARY.relation, ...relation }, (fields, part) => ({ ...ORDINARY[part], ...fields })),
  ]);
  return { ...stored, catalog: { ...stored.catalog, relations: Object.fromEntries(whole) as typeof relations } };
}

/** Reading it gives the same again. */
export function goldenCatalogText({ of, catalog, windows }: GoldenCatalog): string {
  const relations = Object.fromEntries(
    Object.entries(catalog.relations)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, relation]) => [key, bare(eachPart(relation, bare), 'relation')]),
  );
  return `${spreadJson({ of, catalog: { ...catalog, relations }, windows }, 220)}\n`;
}

/** What is not said in the file; everything else is. */
const ORDINARY = {
  relation: {
    kind: 'table',
    persistence: 'permanent',
    owner: GOLDEN_ROLE,
    indexes: [],
    constraints: [],
    triggers: [],
    partition: false,
    inherited: false,
    rowSecurity: 'off',
    bytes: 0,
    privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'OWNER'],
  },
  columns: { notNull: false, generated: 'no', identity: 'no', deterministicCollation: true },
  indexes: {
    unique: false,
    primary: false,
    valid: true,
    method: 'btree',
    deterministicCollation: true,
    rowOrder: true,
    partial: false,
    deferrable: false,
    nullsNotDistinct: false,
  },
  constraints: { validated: true, deferrable: false },
  triggers: { enabled: 'origin' },
} as const;

type Part = keyof typeof ORDINARY;
type Fields = Readonly<Record<string, unknown>>;

function eachPart(relation: Relation, change: (fields: Fields, part: Part) => Fields): Relation {
  const parts = (['columns', 'indexes', 'constraints', 'triggers'] as const).map((part) => [
    part,
    relation[part].map((one) => change(one as unknown as Fields, part)),
  ]);
  return { ...relation, ...(Object.fromEntries(parts) as Partial<Relation>) };
}

function bare(fields: Fields | Relation, part: Part): Fields {
  const ordinary: Fields = ORDINARY[part];
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name, value]) => JSON.stringify(ordinary[name]) !== JSON.stringify(value))
      .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)),
  );
}

const FIRST = ['name', 'schema', 'type', 'kind'];

/** What it is called comes first. */
function rank(field: string): number {
  return FIRST.includes(field) ? FIRST.indexOf(field) : FIRST.length;
}
