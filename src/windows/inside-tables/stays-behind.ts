/**
 * Asked under the lock of a cutover: whether something stands on the old columns that it does not make again. What there was when the
 * plan was compiled is made again, or was refused; what somebody made while the window was open would follow the old column when
 * that loses its name, and go on meaning the old key without a word.
 */
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteLiteral, relationKey } from '../../sql/identifier.js';
import type { AffectedPolicy } from './affected-policies.js';
import type { AffectedView } from './affected-views.js';
import { relationsOf, type ColumnsWindow } from './columns-window.js';
import { swapping } from './swap-columns.js';

/** Violated by each view, rule, policy and parsed function on a column that loses its name, but for those that are known. */
export function nothingStaysBehind(
  { name, tables }: Pick<ColumnsWindow, 'name' | 'tables'>,
  known: { readonly views: readonly AffectedView[]; readonly policies: readonly AffectedPolicy[] },
): CheckQuery {
  const columns = tables.flatMap((table) =>
    relationsOf(table).flatMap((relation) => swapping(table).map(({ old }) => [relationKey(relation), old])),
  );
  const rows = `SELECT o.type || ' ' || o.identity AS what, c.relation || '.' || c.name AS stands_on
FROM ${valuesOf(columns)} AS c (relation, name)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = pg_catalog.to_regclass(c.relation) AND a.attname = c.name
JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
LEFT JOIN pg_catalog.pg_policy AS p ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = d.objid
LEFT JOIN pg_catalog.pg_proc AS f ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND f.oid = d.objid
CROSS JOIN LATERAL (SELECT i.* FROM pg_catalog.pg_identify_object(
    CASE WHEN r.rulename = '_RETURN' THEN 'pg_catalog.pg_class'::pg_catalog.regclass ELSE d.classid END,
    CASE WHEN r.rulename = '_RETURN' THEN r.ev_class ELSE d.objid END, 0) AS i) AS o
WHERE f.pronamespace <> 'lockstep'::pg_catalog.regnamespace
  OR r.oid IS NOT NULL AND r.ev_class NOT IN (SELECT pg_catalog.to_regclass(k.name) FROM ${valuesOf(known.views.map((view) => [view.name]))} AS k (name) WHERE pg_catalog.to_regclass(k.name) IS NOT NULL)
  OR p.oid IS NOT NULL AND NOT EXISTS (SELECT FROM ${valuesOf(known.policies.map((one) => [relationKey(one.relation), one.name]))} AS k (relation, name)
    WHERE pg_catalog.to_regclass(k.relation) = p.polrelid AND k.name = p.polname)
GROUP BY 1, 2`;
  return {
    check: 'dependents',
    name: `nothing stands on the old columns of ${name} that was not there when it was planned: drop it, and make it again behind the cutover`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}

function valuesOf(lines: readonly (readonly string[])[]): string {
  if (lines.length === 0) return '(SELECT NULL::pg_catalog.text, NULL::pg_catalog.text WHERE false)';
  return `(VALUES ${lines.map((line) => `(${line.map(quoteLiteral).join(', ')})`).join(', ')})`;
}
