/** What a mirror reads of a row: the columns behind the texts of a mapping, down to those that are stored. */
import type { Column, Relation } from '../../catalog/catalog-snapshot.js';
import { report } from '../../catalog/scope.js';
import type { Path } from '../../kernel/path.js';
import type { Mapping, ReverseMapping } from '../../mapping/mapping.js';
import { readExpression } from '../../sql/fragment.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import {
  mirrorNames,
  type BackMirror,
  type ComputedColumn,
  type Mirror,
  type SourceColumn,
} from '../../windows/between-tables/tables-window.js';
import type { LowerContext } from '../step-definition.js';
import { WINDOW_CODES } from '../window-codes.js';

/** Undefined where something was reported. */
export function mirrorOf(mapping: Mapping, window: string, context: LowerContext, path: Path): Mirror | undefined {
  const { source, target, columns, where, targetWhere } = mapping;
  const texts = [
    ...columns.flatMap(({ plainColumn, expression }) => (plainColumn === null ? [expression] : [])),
    where,
  ];
  const plain = columns.flatMap(({ plainColumn }) => plainColumn ?? []);
  const read = columnsOf(texts, source, context, path);
  const belongs = columnsOf([targetWhere], target, context, path);
  if (read === undefined || belongs === undefined) return undefined;
  const [stored, generated] = storedAndGenerated(source, [...plain, ...read], context, path);
  return {
    mapping: mapping.reverse?.onDelete === 'ignore' ? { ...mapping, forgetsIn: window } : mapping,
    reads: stored.map(nameAndType),
    computes: generated.map(nameAndText),
    belongsBy: inOrder(target, new Set(belongs)).map(nameAndType),
    names: mirrorNames(window, mapping.name),
    back: mapping.reverse === null ? null : backOf(mapping, mapping.reverse, context, path),
  };
}

function backOf(mapping: Mapping, reverse: ReverseMapping, context: LowerContext, path: Path): BackMirror {
  const { target, columns, targetWhere } = mapping;
  const computed = reverse.columns.flatMap(({ plainColumn, expression }) => (plainColumn === null ? [expression] : []));
  const plain = reverse.columns.flatMap(({ plainColumn }) => plainColumn ?? []);
  const mapped = target.columns.filter(({ name }) => columns.some((column) => column.name === quoteIdentifier(name)));
  const read = columnsOf([...computed, targetWhere], target, context, path) ?? [];
  const [stored, generated] = storedAndGenerated(
    target,
    [...plain, ...read, ...mapped.map(({ name }) => name)],
    context,
    path,
  );
  return { ...reverse, reads: stored.map(nameAndType), computes: generated.map(nameAndText) };
}

function storedAndGenerated(
  relation: Relation,
  names: readonly string[],
  context: LowerContext,
  path: Path,
): readonly [stored: readonly Column[], generated: readonly Column[]] {
  const wanted = inOrder(relation, new Set(names));
  const generated = wanted.filter((column) => column.generated !== 'no');
  const behind = generated.flatMap((column) => columnsOf([column.default ?? null], relation, context, path) ?? []);
  const all = inOrder(relation, new Set([...names, ...behind]));
  return [all.filter((column) => column.generated === 'no'), generated];
}

function columnsOf(
  texts: readonly (string | null)[],
  relation: Relation,
  context: LowerContext,
  path: Path,
): readonly string[] | undefined {
  const names: string[] = [];
  for (const text of texts) {
    const read = text === null ? undefined : readExpression(context.grammar, text);
    if (read?.ok !== true) continue;
    for (const { parts } of read.value.columns) {
      if (parts.length > 2) {
        const detail = `\`${parts.join('.')}\` names the schema of its table.`;
        report(context, WINDOW_CODES, 'LS6506', context.locate(path), {
          detail,
          help: `write \`${parts.slice(1).join('.')}\``,
        });
        return undefined;
      }
      names.push(parts.at(-1)!);
    }
  }
  return names.filter((name) => relation.columns.some((column) => column.name === name));
}

function inOrder(relation: Relation, names: ReadonlySet<string>): readonly Column[] {
  return relation.columns.filter(({ name }) => names.has(name));
}

function nameAndType({ name, type }: Column): SourceColumn {
  return { name, type };
}

function nameAndText({ name, type, default: text }: Column): ComputedColumn {
  return { name, type, expression: text! };
}
