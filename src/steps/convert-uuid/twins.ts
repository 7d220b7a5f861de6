/** From the graph of keys to the tables of a window: what each new column is called, and where its values come from. */
import type { Column } from '../../catalog/catalog-snapshot.js';
import { report } from '../../catalog/scope.js';
import { walkableKeyOf } from '../../catalog/walkable-key.js';
import { take } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import { readExpression } from '../../sql/fragment.js';
import { MAX_IDENTIFIER_BYTES } from '../../sql/identifier.js';
import {
  shortened,
  type LookedUp,
  type Twin,
  type TwinTable,
  type TwinValue,
  type ValueRule,
} from '../../windows/inside-tables/columns-window.js';
import type { LowerContext } from '../step-definition.js';
import { CONVERT_CODES } from './codes.js';
import { partsOf } from './partitions.js';
import type { KeyNode, Reference } from './key-node.js';
import type { ConvertUuidFields } from './schema.js';

/** Undefined where something was reported. */
export function twinTables(
  nodes: readonly KeyNode[],
  fields: ConvertUuidFields,
  context: LowerContext,
): readonly TwinTable[] | undefined {
  const rule = ruleOf(fields, nodes, context);
  if (rule === undefined) return undefined;
  const names = [...new Set(nodes.map(({ relation }) => sqlName(relation)))];
  const tables = names.map((name): TwinTable | undefined => {
    const own = nodes.filter(({ relation }) => sqlName(relation) === name);
    const { relation } = own[0]!;
    const parts = partsOf(relation, context.catalog);
    const key = take(context, walkableKeyOf(relation, undefined, context.locate(context.path)));
    const twins = own.map((node) => twinOf(node, rule, fields, context));
    const found = twins.filter((twin) => twin !== undefined);
    if (key === undefined || found.length < twins.length) return undefined;
    const columns = key.columns.map(({ name: column, type }) => ({ name: column, type }));
    return { name, relation, parts, key: columns, twins: found };
  });
  const found = tables.filter((table) => table !== undefined);
  return found.length < tables.length ? undefined : found;
}

const TEXTS = /^(text|character varying(\(\d+\))?|character(\(\d+\))?)$/;
const INTEGERS = /^(smallint|integer|bigint)$/;

function ruleOf(
  { value, namespace }: ConvertUuidFields,
  nodes: readonly KeyNode[],
  context: LowerContext,
): ValueRule | undefined {
  const { server } = context.catalog;
  const refuse = (name: string, detail: string, help: string): undefined => {
    report(context, CONVERT_CODES, 'LS6601', context.locate([...context.path, name]), { detail, help });
  };
  if (value === 'derived') {
    if (namespace !== undefined) return { how: 'derived', namespace };
    refuse('value', '`derived` computes keys from a namespace.', 'add `namespace: <a uuid>`');
    return;
  }
  if (value === 'v7' && server.versionNum < 180_000) {
    refuse('value', `Server ${server.version} has no \`uuidv7\`.`, 'write `value: random`');
    return;
  }
  const other = value === 'cast' ? nodes.find(({ column }) => !TEXTS.test(column.baseType ?? column.type)) : undefined;
  if (other !== undefined) {
    refuse(
      'value',
      `\`${sqlName(other.relation)}.${other.column.name}\` is ${other.column.type}, which is never the text of a uuid.`,
      'write `value: random`, or `derived` with a namespace',
    );
    return;
  }
  return { how: value };
}

function twinOf(node: KeyNode, rule: ValueRule, fields: ConvertUuidFields, context: LowerContext): Twin | undefined {
  const { relation, column, from } = node;
  const refuse = (code: 'LS6601' | 'LS6603' | 'LS6606', detail: string, help: string): undefined => {
    report(context, CONVERT_CODES, code, context.locate(context.path), { detail, help });
  };
  const table = sqlName(relation);
  const shown = `${table}.${column.name}`;
  const type = column.baseType ?? column.type;
  if (!TEXTS.test(type) && !INTEGERS.test(type)) {
    refuse('LS6601', `\`${shown}\` is ${column.type}.`, 'an integer or a text can be converted');
    return;
  }
  if (column.generated !== 'no') {
    refuse('LS6606', `\`${shown}\` is generated.`, 'convert what it is computed from');
    return;
  }
  if (from === null && !column.notNull) {
    refuse(
      'LS6601',
      `\`${shown}\` may be NULL, and a row without an old key has no new one.`,
      `ALTER TABLE ${table} ALTER COLUMN ${column.name} SET NOT NULL first`,
    );
    return;
  }
  for (const each of from === null ? [] : [relation, ...partsOf(relation, context.catalog)]) {
    const given = each.columns.find(({ name }) => name === column.name)?.default;
    if (given === undefined) continue;
    const help = `ALTER TABLE ${sqlName(each)} ALTER COLUMN ${column.name} DROP DEFAULT`;
    refuse('LS6606', `\`${sqlName(each)}.${column.name}\` has the default ${given}, an old key.`, help);
    return;
  }
  const given = fields.names?.[`${relation.name}.${column.name}`] ?? fields.names?.[shown];
  const [twinName, legacy] = [
    given ?? shortened(`${column.name}_uuid`, MAX_IDENTIFIER_BYTES),
    shortened(`${column.name}_legacy`, MAX_IDENTIFIER_BYTES),
  ];
  for (const name of [twinName, legacy]) {
    const help = `names: { ${relation.name}.${column.name}: … }`;
    if (Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES) {
      refuse('LS6603', `\`${name}\` is longer than ${MAX_IDENTIFIER_BYTES} bytes.`, help);
      return;
    }
    if (relation.columns.some((other) => other.name === name)) {
      refuse('LS6603', `\`${table}\` has a column \`${name}\`.`, `${help}, or rename it`);
      return;
    }
  }
  const value = from === null ? ownValue(column, rule, fields) : lookedUp(node, from, rule, fields, context);
  return {
    old: column.name,
    new: twinName,
    legacy,
    type: column.type,
    notNull: column.notNull,
    default: column.default ?? null,
    value,
    swaps: from?.where == null,
  };
}

function ownValue(column: Column, rule: ValueRule, { old_value: oldValue }: ConvertUuidFields): TwinValue {
  return { kind: 'own', by: rule, oldValue: oldValue ?? textItself(column, rule) };
}

/** A text key that nothing else gives takes any text that is one of a kind. */
function textItself(column: Column, rule: ValueRule): string | null {
  if (rule.how === 'cast' || column.default !== undefined || column.identity !== 'no') return null;
  const type = column.baseType ?? column.type;
  const length = /\((\d+)\)/.exec(type)?.[1];
  return TEXTS.test(type) && (length === undefined || Number(length) >= 36)
    ? 'pg_catalog.gen_random_uuid()::text'
    : null;
}

function lookedUp(
  { relation }: KeyNode,
  { parent, parentColumn, also, where, upheld }: Reference,
  by: ValueRule,
  fields: ConvertUuidFields,
  context: LowerContext,
): LookedUp {
  return {
    kind: 'looked up',
    by,
    parent,
    parentColumn,
    also,
    where,
    whereReads: where === null ? [] : columnsIn(where, relation.columns, context),
    upheld,
    orphans: fields.orphans ?? 'fail',
  };
}

function columnsIn(
  text: string,
  columns: readonly Column[],
  { grammar }: LowerContext,
): readonly { readonly name: string; readonly type: string }[] {
  const read = readExpression(grammar, text);
  const names = new Set(read.ok ? read.value.columns.map(({ parts }) => parts.at(-1)!) : []);
  return columns.filter(({ name }) => names.has(name)).map(({ name, type }) => ({ name, type }));
}
