/**
 * The queries of views and the conditions of policies as they will be after a cutover, to be asked of the server before anything
 * changes: in place of each converted table stands a query with its columns, the converted ones of the type uuid. A view that
 * unites the key with another integer, or a policy that compares the two, is found so, and not under the lock.
 */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import type { ParsedStatement, RangeVar } from '../../sql/grammar.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import { walkTree } from '../../sql/tree-walk.js';
import type { AffectedPolicy } from './affected-policies.js';
import type { AffectedView } from './affected-views.js';
import { relationsOf, type TwinTable } from './columns-window.js';

/** `views`: each behind those that it reads. By the name of the view, or the key of the policy. */
export function queriesWithTwins(
  views: readonly AffectedView[],
  policies: readonly AffectedPolicy[],
  tables: readonly TwinTable[],
  statementsOf: (sql: string) => readonly ParsedStatement[],
): ReadonlyMap<string, string> {
  const standIns = new Map<string, string>(
    tables.flatMap((table) =>
      relationsOf(table).map((relation) => {
        const name = relationKey(relation);
        return [name, `(SELECT ${columnsOf(relation, table)} FROM ${name})`];
      }),
    ),
  );
  const queries = new Map<string, string>();
  const unknown = new Set<string>();
  for (const { name, definition } of views) {
    const query = definition.slice(definition.search(/ AS\n/) + 4).replace(/\nWITH (NO )?DATA$/, '');
    const replaced = withStandIns(query, standIns, unknown, statementsOf);
    if (replaced === undefined) {
      unknown.add(name);
      continue;
    }
    queries.set(name, replaced);
    standIns.set(name, `(${replaced})`);
  }
  for (const { key, relation, conditions } of policies) {
    const on = `${relationKey(relation)} AS ${quoteIdentifier(relation.name)}`;
    const query = `SELECT FROM ${on} WHERE ${conditions.join(' AND ')}`;
    const replaced = withStandIns(query, standIns, unknown, statementsOf);
    if (replaced !== undefined) queries.set(key, replaced);
  }
  return queries;
}

function columnsOf(relation: Relation, { twins }: TwinTable): string {
  const converted = new Set(twins.filter(({ swaps }) => swaps).map(({ old }) => old));
  return relation.columns
    .map(({ name }) => {
      const column = quoteIdentifier(name);
      return converted.has(name) ? `NULL::pg_catalog.uuid AS ${column}` : column;
    })
    .join(', ');
}

/** From the last place to the first, so that the places before stay where they are. Undefined where it reads what is not known. */
function withStandIns(
  query: string,
  standIns: ReadonlyMap<string, string>,
  unknown: ReadonlySet<string>,
  statementsOf: (sql: string) => readonly ParsedStatement[],
): string | undefined {
  // A primary key lets a query group by it alone, and a stand-in has none: such a one is left to the server.
  if (/\bGROUP BY\b/.test(query)) return undefined;
  const [statement] = statementsOf(query);
  if (statement === undefined) return undefined;
  const read = new Set<string>();
  const places: { readonly at: number; readonly by: string; readonly name: string; readonly named: boolean }[] = [];
  walkTree(statement.node, (kind, fields) => {
    if (kind !== 'RangeVar') return;
    const { schemaname, relname, location, alias } = fields as RangeVar;
    const key = relationKey({ schema: schemaname ?? 'public', name: relname ?? '' });
    read.add(key);
    const by = standIns.get(key);
    if (by === undefined) return;
    places.push({ at: statement.utf16Offset(location ?? 0), by, name: relname!, named: alias !== undefined });
  });
  if ([...unknown].some((view) => read.has(view))) return undefined;
  return places
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, by, name, named }) => {
      const end = at + NAME.exec(text.slice(at))![0].length;
      return `${text.slice(0, at)}${by}${named ? '' : ` AS ${quoteIdentifier(name)}`}${text.slice(end)}`;
    }, query);
}

const NAME = /^(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))*/u;
