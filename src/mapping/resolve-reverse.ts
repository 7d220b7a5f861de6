/**
 * What a write to the target of a mapping means for its source. A column that is copied as it is goes back by itself; what
 * is computed needs an expression of its own. Owns which source row is meant: the one with the key that the source is
 * walked by, which the target row must therefore tell.
 */
import type { Column, Relation } from '../catalog/catalog-snapshot.js';
import { columnAt, report, type Scope } from '../catalog/scope.js';
import type { WalkableKey } from '../catalog/walkable-key.js';
import type { Path } from '../kernel/path.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { MAPPING_CODES } from './codes.js';
import { sqlName, type MappedColumn, type ReverseMapping } from './mapping.js';
import { rowExpressionAt } from './row-expression.js';

export interface ReverseDeclaration {
  readonly columns?: Readonly<Record<string, string>>;
  readonly on_delete: 'delete' | 'ignore' | { readonly set: Readonly<Record<string, string>> };
}

export interface ForwardParts {
  readonly source: Relation;
  readonly target: Relation;
  readonly columns: readonly MappedColumn[];
  readonly walk: WalkableKey;
}

const RULES = { subqueries: 'refuse', volatile: 'refuse' } as const;

/** Undefined where something was reported. */
export function resolveReverse(
  declared: ReverseDeclaration,
  { source, target, columns, walk }: ForwardParts,
  scope: Scope,
  path: Path,
): ReverseMapping | undefined {
  const at = [...path, 'reverse'];
  let sound = true;
  const back = new Map<string, MappedColumn>();
  for (const [name, text] of Object.entries(declared.columns ?? {})) {
    const column = settable(scope, source, name, [...at, 'columns', name]);
    const expression = rowExpressionAt(scope, text, target, RULES, [...at, 'columns', name]);
    if (column === undefined || expression === undefined) sound = false;
    else back.set(name, backColumn(column, expression.text, plainColumn(expression.text, target)));
  }
  for (const { plainColumn: own, converted, name } of columns) {
    const column = source.columns.find((candidate) => candidate.name === own);
    if (column === undefined || converted || column.generated !== 'no' || back.has(column.name)) continue;
    back.set(column.name, backColumn(column, name, plainColumn(name, target)));
  }
  const onDelete =
    typeof declared.on_delete === 'string'
      ? declared.on_delete
      : Object.entries(declared.on_delete.set).flatMap(([name, text]) => {
          const place = [...at, 'on_delete', 'set', name];
          const column = settable(scope, source, name, place);
          const expression = rowExpressionAt(scope, text, source, RULES, place);
          if (column !== undefined && expression !== undefined)
            return [{ name: quoteIdentifier(column.name), expression: expression.text }];
          sound = false;
          return [];
        });
  const key = walk.columns.map(({ name }) => back.get(name));
  const missing = walk.columns.filter(({ name }) => !back.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    const reasons = missing.map((name) => whyNot(name, { source, target, columns }));
    const detail = `Nothing says which row of \`${sqlName(source)}\` a row of \`${sqlName(target)}\` means: ${reasons.map(({ why }) => why).join('; ')}.`;
    const help = [...new Set(reasons.map(({ help: own }) => own))].join('; ');
    report(scope, MAPPING_CODES, 'LS3008', scope.locate(at, 'key'), { detail, help });
    return undefined;
  }
  return sound
    ? { columns: [...back.values()], key: key.filter((column) => column !== undefined), onDelete }
    : undefined;
}

/** Why a column of the key does not go back by itself, and what lets it. */
function whyNot(
  name: string,
  { source, target, columns }: Pick<ForwardParts, 'source' | 'target' | 'columns'>,
): { readonly why: string; readonly help: string } {
  const key = quoteIdentifier(name);
  const copied = columns.find((column) => column.plainColumn === name);
  const column = source.columns.find((candidate) => candidate.name === name);
  if (copied !== undefined && copied.converted) {
    return {
      why: `its key \`${name}\` is ${column?.type} there and ${copied.type} in \`${copied.name}\`, so a value may not fit on its way back`,
      help: `say how it goes back, \`reverse: { columns: { ${key}: ${copied.name}::${column?.type} } }\`, or give both columns one type`,
    };
  }
  if (column !== undefined && column.generated !== 'no')
    return {
      why: `its key \`${name}\` is a generated column, which nothing can set`,
      help: 'walk the source by another unique index (`walk`)',
    };
  return {
    why: `its key \`${name}\` is not among the columns that are copied as they are`,
    help: `map ${name} as it is, or say \`reverse: { columns: { ${key}: … } }\`, an expression over \`${sqlName(target)}\``,
  };
}

function settable(scope: Scope, source: Relation, name: string, path: Path): Column | undefined {
  const column = columnAt(scope, source, name, path, 'key');
  if (column === undefined || column.generated === 'no') return column;
  const detail = `\`${name}\` of \`${sqlName(source)}\` is a generated column.`;
  report(scope, MAPPING_CODES, 'LS3005', scope.locate(path, 'key'), { detail, help: 'leave it out' });
  return undefined;
}

function backColumn(column: Column, expression: string, plain: Column | undefined): MappedColumn {
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

function plainColumn(text: string, relation: Relation): Column | undefined {
  return relation.columns.find((column) => quoteIdentifier(column.name) === text || column.name === text.toLowerCase());
}
