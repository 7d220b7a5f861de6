/**
 * The SQL of a fingerprint that is restricted to some relations and what hangs on them: the queries of the whole one with a
 * condition more, that an index of the catalog serves. So what it costs follows the relations that are asked for, not those
 * that are there. Parameters: $1 the relations, $2 the constraints, $3 the functions, by oid.
 */
import { COMMENT, FUNCTION, PUBLICATION_TABLE } from './fingerprint-objects.js';
import { COLUMN, CONSTRAINT, INDEX, POLICY, RELATION, RULE, STATISTICS, TRIGGER } from './fingerprint-relations.js';

/**
 * Joined in the order in which they are written, the queries are planned in half the time, which is most of what they take;
 * the relations that are wanted are then named at the table that stands first.
 */
export const IN_THE_ORDER_OF_THE_TEXT = { join_collapse_limit: '1', from_collapse_limit: '1' } as const;

/** Every query ends in its WHERE. */
function among(query: string, relation: string): string {
  return `${query} AND ${relation} = ANY ($1::oid[])`;
}

/** Foreign keys of others that point here are found by their number: nothing indexes the table that they point to. */
const AMONG_CONSTRAINTS = 'AND (k.conrelid = ANY ($1::oid[]) OR k.oid = ANY ($2::oid[]))';

const AMONG_FUNCTIONS = 'AND p.oid = ANY ($3::oid[])';

const AMONG_COMMENTS = `AND (d.classoid, d.objoid) IN (
    SELECT 'pg_class'::regclass, unnest($1::oid[])
    UNION ALL SELECT 'pg_class'::regclass, i.indexrelid FROM pg_index i WHERE i.indrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint k WHERE k.conrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_trigger'::regclass, g.oid FROM pg_trigger g WHERE g.tgrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_rewrite'::regclass, r.oid FROM pg_rewrite r WHERE r.ev_class = ANY ($1::oid[])
    UNION ALL SELECT 'pg_policy'::regclass, p.oid FROM pg_policy p WHERE p.polrelid = ANY ($1::oid[])
    UNION ALL SELECT 'pg_statistic_ext'::regclass, s.oid FROM pg_statistic_ext s WHERE s.stxrelid = ANY ($1::oid[]))`;

export const DEFINITIONS_AMONG = [
  among(RELATION, 'c.oid'),
  among(COLUMN, 'a.attrelid'),
  `${CONSTRAINT} ${AMONG_CONSTRAINTS}`,
  among(INDEX, 'ix.indrelid'),
  among(TRIGGER, 'g.tgrelid'),
  among(RULE, 'r.ev_class'),
  among(POLICY, 'p.polrelid'),
  among(STATISTICS, 's.stxrelid'),
  `${FUNCTION} ${AMONG_FUNCTIONS}`,
  `${COMMENT} ${AMONG_COMMENTS}`,
  among(PUBLICATION_TABLE, 'r.prrelid'),
] as const;

/**
 * From names ($1 schemas, $2 names, side by side) to oids. A name may be that of an index or of a statistics object, then its
 * table is meant, or of a function. What hangs on a relation is followed as `restrictTo` follows it.
 */
export const NAMED_AND_HANGING = `
  WITH RECURSIVE wanted AS (
    SELECT n.oid AS namespace, w.name
    FROM unnest($1::text[], $2::text[]) AS w (schema, name) JOIN pg_namespace n ON n.nspname = w.schema
  ), hanging (oid) AS (
    SELECT coalesce(i.indrelid, c.oid) FROM wanted w
    JOIN pg_class c ON c.relname = w.name AND c.relnamespace = w.namespace
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
    UNION
    SELECT s.stxrelid FROM wanted w
    JOIN pg_statistic_ext s ON s.stxname = w.name AND s.stxnamespace = w.namespace
    UNION
    SELECT more.oid FROM hanging h CROSS JOIN LATERAL (
      SELECT i.inhrelid AS oid FROM pg_inherits i WHERE i.inhparent = h.oid
      UNION ALL
      SELECT d.objid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = h.oid AND d.classid = 'pg_class'::regclass
        AND d.deptype IN ('a', 'i') AND c.relkind = 'S'
      UNION ALL
      SELECT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = h.oid AND d.classid = 'pg_rewrite'::regclass
    ) AS more
  )
  SELECT (SELECT coalesce(json_agg(h.oid::text), '[]') FROM hanging h) AS relations,
    (SELECT coalesce(json_agg(d.objid::text), '[]') FROM hanging h
     JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = h.oid AND d.classid = 'pg_constraint'::regclass
    ) AS constraints,
    (SELECT coalesce(json_agg(f.oid::text), '[]') FROM (
       SELECT g.tgfoid AS oid FROM hanging h JOIN pg_trigger g ON g.tgrelid = h.oid WHERE NOT g.tgisinternal
       UNION
       SELECT p.oid FROM wanted w JOIN pg_proc p ON p.proname = w.name AND p.pronamespace = w.namespace
     ) AS f) AS functions`;
