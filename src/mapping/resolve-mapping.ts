/** A mapping of a plan against a catalog. Owns what makes it total, one to one and comparable; all problems are reported. */
import type { Column, Relation } from '../catalog/catalog-snapshot.js';
import { uniqueKeysOf, primaryKeyOf } from '../catalog/walkable-key.js';
import { columnAt, keyToWalkAt, report, tableAt, type Problem, type Scope } from '../catalog/scope.js';
import type { Path } from '../kernel/path.js';
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import { MAPPING_CODES } from './codes.js';
import { sqlName, type MappedColumn, type Mapping } from './mapping.js';
import { resolveReverse, type ReverseDeclaration } from './resolve-reverse.js';
import { rowExpressionAt } from './row-expression.js';

/** As it stands in a plan. A column is SQL over one source row, or a literal value. */
export interface MappingDeclaration {
  readonly from: string;
  readonly to: string;
  readonly columns: 'same' | Readonly<Record<string, string | { readonly value: string | number | boolean | null }>>;
  readonly where?: string;
  readonly target_where?: string;
  readonly key?: readonly string[];
  readonly reverse?: ReverseDeclaration;
}

const RULES = { subqueries: 'refuse', volatile: 'refuse' } as const;

/** `walk` names an index of the source. Undefined where something was reported. */
export function resolveMapping(
  name: string,
  declared: MappingDeclaration,
  scope: Scope,
  path: Path,
  walk?: string,
): Mapping | undefined {
  const source = tableAt(scope, declared.from, [...path, 'from']);
  const target = tableAt(scope, declared.to, [...path, 'to']);
  if (source === undefined || target === undefined) return undefined;
  if (sqlName(source) === sqlName(target)) {
    const detail = `\`${name}\` maps \`${sqlName(source)}\` onto itself.`;
    report(scope, MAPPING_CODES, 'LS3006', scope.locate([...path, 'to']), {
      detail,
      help: 'write `backfill: { table, set }`',
    });
    return undefined;
  }
  const columns = resolveColumns(declared, source, target, scope, path);
  const where = condition(declared.where, source, scope, [...path, 'where']);
  const targetWhere = condition(declared.target_where, target, scope, [...path, 'target_where']);
  const key = columns && resolveKey(declared, columns, target, scope, path);
  const key0 = keyToWalkAt(scope, source, walk, [...path, 'from']);
  if (
    columns === undefined ||
    where === undefined ||
    targetWhere === undefined ||
    key === undefined ||
    key0 === undefined
  )
    return undefined;
  if (!isTotal(columns, target, scope, path)) return undefined;
  const reverse =
    declared.reverse && resolveReverse(declared.reverse, { source, target, columns, walk: key0 }, scope, path);
  if (declared.reverse !== undefined && reverse === undefined) return undefined;
  const oneToOneByIndex = restsOnUniqueIndex(key, source);
  return {
    name,
    source,
    target,
    columns,
    where,
    targetWhere,
    key,
    walk: key0,
    oneToOneByIndex,
    keyMayBeNull: mayBeNull(key, source),
    reverse: reverse ?? null,
  };
}

function resolveColumns(
  declared: MappingDeclaration,
  source: Relation,
  target: Relation,
  scope: Scope,
  path: Path,
): MappedColumn[] | undefined {
  if (declared.columns === 'same') {
    const common = target.columns.filter(
      (column) => column.generated === 'no' && source.columns.some((candidate) => candidate.name === column.name),
    );
    if (common.length > 0)
      return common.map((column) => mapped(column, column.name, sourceColumn(column.name, source)));
    const detail = `\`${sqlName(source)}\` and \`${sqlName(target)}\` have no column of the same name.`;
    report(scope, MAPPING_CODES, 'LS3007', scope.locate([...path, 'columns']), {
      detail,
      help: 'name the columns one by one',
    });
    return undefined;
  }
  let sound = true;
  const columns: MappedColumn[] = [];
  for (const [name, written] of Object.entries(declared.columns)) {
    const at = [...path, 'columns', name];
    const column = columnAt(scope, target, name, at, 'key');
    if (column !== undefined && column.generated !== 'no') {
      const detail = `\`${name}\` of \`${sqlName(target)}\` is a generated column.`;
      report(scope, MAPPING_CODES, 'LS3005', scope.locate(at, 'key'), { detail, help: 'leave it out' });
      sound = false;
    }
    if (typeof written !== 'string') {
      const literal = written.value === null ? 'NULL' : quoteLiteral(String(written.value));
      if (column !== undefined)
        columns.push({ ...mapped(column, literal, undefined), literal: written.value !== null });
      continue;
    }
    const expression = rowExpressionAt(scope, written, source, RULES, at);
    if (column === undefined || expression === undefined) sound = false;
    else columns.push(mapped(column, expression.text, plainColumn(expression.text, source)));
  }
  return sound && columns.length === Object.keys(declared.columns).length ? columns : undefined;
}

/** `plain`: the source column, where the expression is nothing else. */
function mapped(column: Column, expression: string, plain: Column | undefined): MappedColumn {
  return {
    name: quoteIdentifier(column.name),
    type: column.type,
    ...(column.baseType !== undefined && { baseType: column.baseType }),
    identityAlways: column.identity === 'always',
    expression,
    plainColumn: plain?.name ?? null,
    converted: plain !== undefined && plain.type !== column.type,
    literal: false,
  };
}

/** The source column that an expression is, if it is nothing more. A name that SQL folds is meant folded. */
function plainColumn(text: string, source: Relation): Column | undefined {
  return source.columns.find((column) => quoteIdentifier(column.name) === text || column.name === text.toLowerCase());
}

function sourceColumn(name: string, source: Relation): Column | undefined {
  return source.columns.find((column) => column.name === name);
}

/** Undefined: something was reported; null: no condition was given. */
function condition(text: string | undefined, relation: Relation, scope: Scope, path: Path): string | null | undefined {
  if (text === undefined) return null;
  return rowExpressionAt(scope, text, relation, RULES, path)?.text;
}

function resolveKey(
  declared: MappingDeclaration,
  columns: readonly MappedColumn[],
  target: Relation,
  scope: Scope,
  path: Path,
): readonly MappedColumn[] | undefined {
  const named = declared.key?.map((name, index) => columnAt(scope, target, name, [...path, 'key', index]));
  const sound = named?.filter((column) => column !== undefined);
  if (sound?.length !== named?.length) return undefined;
  const key = keyOrProblem(sound?.map((column) => column.name) ?? primaryKeyOf(target), columns, target);
  if (!('detail' in key)) return key;
  report(scope, MAPPING_CODES, 'LS3002', scope.locate([...path, declared.key === undefined ? 'to' : 'key']), key);
  return undefined;
}

function keyOrProblem(
  names: readonly string[] | undefined,
  columns: readonly MappedColumn[],
  target: Relation,
): readonly MappedColumn[] | Problem {
  const table = sqlName(target);
  const unique = uniqueKeysOf(target);
  const candidates = unique.map((key) => `[${key.columns.join(', ')}]`).join(' or ');
  if (names === undefined) {
    const help = candidates === '' ? 'give it a primary key or a unique index' : `write \`key: ${candidates}\``;
    return { detail: `\`${table}\` has no primary key.`, help };
  }
  const mapped = names.map((name) => columns.find((column) => column.name === quoteIdentifier(name)));
  const key = mapped.filter((column) => column !== undefined);
  if (key.length < mapped.length) {
    const missing = names.filter((_, index) => mapped[index] === undefined).join(', ');
    const help = 'add it to `columns`, or name another `key`';
    return { detail: `The key column ${missing} of \`${table}\` is not mapped.`, help };
  }
  const sorted = (list: readonly string[]): string => JSON.stringify([...list].sort());
  const found = unique.filter((candidate) => sorted(candidate.columns) === sorted(names));
  if (found.length === 0) {
    const help = candidates === '' ? 'build a unique index first' : `these can be relied on: ${candidates}`;
    return { detail: `No unique index of \`${table}\` is on exactly ${names.join(', ')}.`, help };
  }
  if (!found.some(({ index }) => index.deterministicCollation)) {
    const detail = `The collation of \`${found[0]!.index.name}\` takes different texts for equal, so one row may stand for several.`;
    return { detail, help: 'build a unique index under a deterministic collation, or name another `key`' };
  }
  const nullable = names.filter((name) => target.columns.find((column) => column.name === name)?.notNull !== true);
  if (nullable.length > 0) {
    const detail = `The key column ${nullable.join(', ')} may be NULL, and a row with NULL is identified by nothing.`;
    return { detail, help: 'SET NOT NULL first, or name another `key`' };
  }
  return key;
}

/** Every NOT NULL column of the target has a value, a default, or makes its own. */
function isTotal(columns: readonly MappedColumn[], target: Relation, scope: Scope, path: Path): boolean {
  const missing = target.columns.filter(
    (column) =>
      column.notNull &&
      column.default === undefined &&
      column.generated === 'no' &&
      column.identity === 'no' &&
      !columns.some((candidate) => candidate.name === quoteIdentifier(column.name)),
  );
  for (const { name } of missing) {
    const detail = `\`${name}\` of \`${sqlName(target)}\` is NOT NULL, has no default, and is not mapped.`;
    report(scope, MAPPING_CODES, 'LS3001', scope.locate([...path, 'columns'], 'key'), {
      detail,
      help: `add \`${name}\` to \`columns\``,
    });
  }
  return missing.length === 0;
}

/** Unlike a literal or a column that is NOT NULL. */
function mayBeNull(key: readonly MappedColumn[], source: Relation): boolean {
  return key.some(({ plainColumn: plain, literal }) => {
    if (literal) return false;
    return source.columns.find((column) => column.name === plain)?.notNull !== true;
  });
}

/** The key's own columns are copied from columns of the source that a unique index makes unique together. */
function restsOnUniqueIndex(key: readonly MappedColumn[], source: Relation): boolean {
  const plain = new Set(
    key.flatMap((column) => (column.plainColumn === null || mayFold(column, source) ? [] : [column.plainColumn])),
  );
  return uniqueKeysOf(source).some((unique) => unique.columns.every((column) => plain.has(column)));
}

/** Whether two values of the source may become one: the days of two moments, two texts in `citext`. */
function mayFold({ plainColumn: plain, converted, type }: MappedColumn, source: Relation): boolean {
  if (!converted) return false;
  const from = sourceColumn(plain ?? '', source)?.type ?? '';
  if (/^(text|character varying)/.test(from) && /^(text|character varying)$/.test(type)) return false;
  return !WIDER.some((types) => types.includes(type) && types.slice(0, types.indexOf(type)).includes(from));
}

/** Each holds every value of those before it, apart from one another. */
const WIDER = [['smallint', 'integer', 'bigint', 'numeric']];
