/** What the generator knows of a database, asked of the server itself, so that it never believes what the planner believes. */
import type { Session } from '../../../src/executor/session.js';

export interface ModelColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly generated: boolean;
  readonly identity: boolean;
}

export interface ModelConstraint {
  readonly name: string;
  readonly kind: 'p' | 'u' | 'f' | 'c' | 'x' | 'n';
  readonly validated: boolean;
  readonly columns: readonly string[];
}

export interface ModelIndex {
  readonly name: string;
  readonly unique: boolean;
  /** Of a constraint, or part of the index of a partitioned table. */
  readonly bound: boolean;
}

export interface ModelTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'S';
  readonly partition: boolean;
  readonly columns: readonly ModelColumn[];
  readonly constraints: readonly ModelConstraint[];
  readonly indexes: readonly ModelIndex[];
  readonly triggers: readonly string[];
}

export interface Model {
  readonly major: number;
  readonly schemas: readonly string[];
  readonly relations: readonly ModelTable[];
}

export async function readModel(session: Session, major: number): Promise<Model> {
  const { rows } = await session.query<{ schemas: readonly string[]; relations: readonly ModelTable[] }>(QUERY);
  return { major, ...rows[0]! };
}

const USERS = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'lockstep')`;

/** Every list in the order of its names: the same seed meets the same model. */
const QUERY = `
  SELECT (SELECT json_agg(n.nspname ORDER BY n.nspname COLLATE "C") FROM pg_namespace n WHERE ${USERS}) AS schemas,
    coalesce(json_agg(json_build_object(
      'schema', n.nspname, 'name', c.relname, 'kind', c.relkind, 'partition', c.relispartition,
      'columns', coalesce((SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
          'notNull', a.attnotnull, 'hasDefault', a.atthasdef, 'generated', a.attgenerated <> '', 'identity', a.attidentity <> '')
          ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'S'), '[]'),
      'constraints', coalesce((SELECT json_agg(json_build_object('name', k.conname, 'kind', k.contype, 'validated', k.convalidated,
          'columns', coalesce((SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)), '[]')) ORDER BY k.conname COLLATE "C")
        FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x', 'n')
          AND k.conparentid = 0 AND k.coninhcount = 0), '[]'),
      'indexes', coalesce((SELECT json_agg(json_build_object('name', i.relname, 'unique', x.indisunique,
          'bound', i.relispartition OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')))
          ORDER BY i.relname COLLATE "C")
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid), '[]'),
      'triggers', coalesce((SELECT json_agg(g.tgname ORDER BY g.tgname COLLATE "C") FROM pg_trigger g
        WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgparentid = 0), '[]')
    ) ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"), '[]') AS relations
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${USERS} AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE c.relkind = 'S' AND d.objid = c.oid AND d.deptype IN ('a', 'i')
      AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass)`;
