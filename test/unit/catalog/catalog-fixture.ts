/** Snapshots for unit tests, written by hand: what is not said is what an ordinary table has. */
import type { CatalogSnapshot, Column, Index, Relation } from '../../../src/catalog/catalog-snapshot.js';
import { relationKey } from '../../../src/sql/identifier.js';

export function catalogOf(...relations: readonly Relation[]): CatalogSnapshot {
  return {
    server: {
      versionNum: 180_004,
      version: '18.4',
      database: 'shop',
      user: 'ann',
      standby: false,
      deadlockTimeoutMs: 1_000,
      publishesAllTables: false,
      maySuppressTriggers: false,
    },
    schemas: [...new Set(['auth', 'public', ...relations.map((relation) => relation.schema)])],
    relations: Object.fromEntries(relations.map((relation) => [relationKey(relation), relation])),
    functions: {},
    types: [],
    extensions: [],
    objects: {},
  };
}

export function table(name: string, given: Partial<Relation> = {}): Relation {
  return {
    schema: 'public',
    name,
    oid: 1,
    kind: 'table',
    persistence: 'permanent',
    owner: 'ann',
    columns: [],
    indexes: [],
    constraints: [],
    triggers: [],
    partition: false,
    inherited: false,
    rowSecurity: 'off',
    bytes: 0,
    privileges: [],
    ...given,
  };
}

export function column(name: string, type: string, given: Partial<Column> = {}): Column {
  return { name, type, notNull: true, generated: 'no', identity: 'no', deterministicCollation: true, ...given };
}

export function uniqueIndex(name: string, keys: Index['keys'], given: Partial<Index> = {}): Index {
  return {
    name,
    unique: true,
    primary: false,
    valid: true,
    method: 'btree',
    keys,
    keyCollations: keys.map(() => null),
    deterministicCollation: true,
    rowOrder: true,
    partial: false,
    deferrable: false,
    nullsNotDistinct: false,
    definition: '',
    ...given,
  };
}
