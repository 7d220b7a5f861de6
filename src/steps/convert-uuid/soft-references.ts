/** References that no foreign key declares: those that the plan names, each with the key that is meant. */
import { report, tableAt, tableColumnAt } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import type { LowerContext } from '../step-definition.js';
import { WINDOW_CODES } from '../window-codes.js';
import { CONVERT_CODES } from './codes.js';
import { nodeKey, type KeyNode } from './key-node.js';
import type { ConvertUuidFields } from './schema.js';

export function softReferences(
  { references = [] }: ConvertUuidFields,
  roots: readonly KeyNode[],
  context: LowerContext,
): readonly KeyNode[] | undefined {
  const nodes = references.map((reference, index): KeyNode | undefined => {
    const at = [...context.path, 'references', index];
    const {
      column: text,
      to,
      where,
    } = typeof reference === 'string' ? { column: reference, to: undefined, where: undefined } : reference;
    const found = tableColumnAt(context, text, typeof reference === 'string' ? at : [...at, 'column']);
    if (found === undefined) return undefined;
    const target = to === undefined ? undefined : tableAt(context, to, [...at, 'to']);
    if (to !== undefined && target === undefined) return undefined;
    if (target !== undefined && !roots.some(({ relation }) => sqlName(relation) === sqlName(target))) {
      report(context, WINDOW_CODES, 'LS6610', context.locate([...at, 'to']), {
        detail: `\`${text}\` refers to \`${sqlName(target)}\`, which has no new key.`,
        help: `convert \`${to!}\`, too: \`tables: [${roots.map(({ relation }) => relation.name).join(', ')}, ${to!}]\`, or leave the reference out`,
      });
      return undefined;
    }
    const meant = roots.filter(({ relation }) =>
      target === undefined
        ? roots.length === 1 || isCalledLike(found.column.name, relation.name)
        : sqlName(relation) === sqlName(target),
    );
    const root = meant[0];
    if (root === undefined || meant.length > 1) {
      const detail = `\`${text}\` may refer to ${roots.map(({ relation }) => `\`${sqlName(relation)}\``).join(' or ')}.`;
      report(context, CONVERT_CODES, 'LS6605', context.locate(at), {
        detail,
        help: `write \`{ column: ${text}, to: … }\``,
      });
      return undefined;
    }
    return {
      relation: found.table,
      column: found.column,
      from: {
        parent: sqlName(root.relation),
        parentColumn: root.column.name,
        also: [],
        where: where ?? null,
        upheld: false,
        by: `named in the plan${where === undefined ? '' : `, where ${where}`}`,
      },
    };
  });
  const known = nodes.filter((node) => node !== undefined);
  const twice = known.find(({ relation, column }, index) =>
    known
      .slice(0, index)
      .some((other) => nodeKey(other.relation, other.column.name) === nodeKey(relation, column.name)),
  );
  if (twice !== undefined) {
    report(context, CONVERT_CODES, 'LS6605', context.locate([...context.path, 'references']), {
      detail: `\`${sqlName(twice.relation)}.${twice.column.name}\` is named twice: one new column cannot be looked up in two tables.`,
      help: 'convert the other key in a step of its own, with a name of its own (`names`)',
    });
  }
  return known.length < nodes.length || twice !== undefined ? undefined : known;
}

/** `user_id` of `users`, `clinic_id` of `clinics`, `category_id` of `categories`. */
export function isCalledLike(column: string, table: string): boolean {
  const singular = table.replace(/ies$/, 'y').replace(/(?<=[^s])s$/, '');
  return [table, singular].some((name) => column.toLowerCase() === `${name.toLowerCase()}_id`);
}
