/** Which rows a row of a target needs before it: its foreign keys to targets of the same window, and what cannot be brought. */
import { report } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import type { Mirror, ParentRow } from '../../windows/between-tables/tables-window.js';
import { foreignKeys, type ForeignKey } from '../foreign-keys.js';
import type { LowerContext } from '../step-definition.js';
import { WINDOW_CODES } from '../window-codes.js';

export function withParents(mirrors: readonly Mirror[], context: LowerContext): readonly Mirror[] {
  const found = mirrors.map((mirror) => ({ ...mirror, parents: parentsOf(mirror, mirrors, context) }));
  return found.map(({ parents, ...mirror }) => ({
    ...mirror,
    ...(parents.length > 0 && { parents }),
    ...(found.some((other) => other.parents.some(({ mapping }) => mapping === mirror.mapping.name)) && {
      isParent: true as const,
    }),
  }));
}

function parentsOf(child: Mirror, mirrors: readonly Mirror[], context: LowerContext): readonly ParentRow[] {
  return foreignKeys(child.mapping.target).flatMap((key) => {
    const parents = mirrors.filter((mirror) => refersTo(key, mirror));
    if (parents.length === 0) return [];
    const rows = parents.flatMap((parent) => parentRow(key, child, parent) ?? []);
    const circle = parents.some((parent) => parent !== child && reaches(parent, child, mirrors));
    if (rows.length === parents.length && !circle) return rows;
    const why = circle ? 'refer to each other in a circle' : 'are not referred to by the key of their mapping';
    report(context, WINDOW_CODES, 'LS6530', context.locate(context.path), {
      severity: 'warning',
      detail: `\`${key.name}\` of \`${sqlName(child.mapping.target)}\`: rows of \`${relationKey(key.references.table)}\` ${why}, so a write to \`${sqlName(child.mapping.source)}\` fails while the row that it refers to is not filled.`,
      help: `open and fill \`${parents[0]!.mapping.name}\` in a window before this one, or add \`${key.name}\` behind the fill`,
    });
    return [];
  });
}

function refersTo({ references }: ForeignKey, { mapping }: Mirror): boolean {
  return relationKey(references.table) === sqlName(mapping.target);
}

function parentRow(key: ForeignKey, child: Mirror, parent: Mirror): ParentRow | undefined {
  const columns = parent.mapping.key.map(({ name, type }) => {
    const at = key.references.columns.findIndex((column) => quoteIdentifier(column) === name);
    const own = at < 0 ? undefined : quoteIdentifier(key.columns[at]!);
    return child.mapping.columns.some((column) => column.name === own) ? { name: own!, type } : undefined;
  });
  const known = columns.filter((column) => column !== undefined);
  const whole = known.length === columns.length && key.columns.length === known.length;
  return whole ? { mapping: parent.mapping.name, columns: known } : undefined;
}

/** By foreign keys between the targets of the window. */
function reaches(from: Mirror, to: Mirror, mirrors: readonly Mirror[], seen: ReadonlySet<Mirror> = new Set()): boolean {
  return mirrors.some(
    (next) =>
      next !== from &&
      !seen.has(next) &&
      foreignKeys(from.mapping.target).some((key) => refersTo(key, next)) &&
      (next === to || reaches(next, to, mirrors, new Set([...seen, from]))),
  );
}
