/**
 * The name of a type as `format_type` prints it, from the way it is written: `varchar(20)[]` → `character varying(20)[]`.
 * After the PostgreSQL documentation, "Data Types", table 8.1. A type of somebody's own keeps the name that it was given;
 * its schema is for the catalog to say.
 */
import { isSyntaxError, type Grammar, type Node, type TypeName } from './grammar.js';
import { formatParts } from './identifier.js';
import { nodeAs, stringOf, stringsOf } from './tree-walk.js';

/** By the name that the grammar, or a short spelling, gives it; `*` marks where the modifiers are printed. */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['bool', 'boolean'],
  ['int2', 'smallint'],
  ['int4', 'integer'],
  ['int8', 'bigint'],
  ['float4', 'real'],
  ['float8', 'double precision'],
  ['numeric', 'numeric*'],
  ['varchar', 'character varying*'],
  ['bpchar', 'character*'],
  ['bit', 'bit*'],
  ['varbit', 'bit varying*'],
  ['time', 'time* without time zone'],
  ['timetz', 'time* with time zone'],
  ['timestamp', 'timestamp* without time zone'],
  ['timestamptz', 'timestamp* with time zone'],
  // A key word since SQL/JSON; the server knows the type by it and quotes it nowhere.
  ['json', 'json'],
]);

const SERIALS: ReadonlyMap<string, string> = new Map([
  ['serial', 'integer'],
  ['serial4', 'integer'],
  ['bigserial', 'bigint'],
  ['serial8', 'bigint'],
  ['smallserial', 'smallint'],
  ['serial2', 'smallint'],
]);

export function typeText(type: TypeName): string {
  const dimensions = (type.arrayBounds ?? []).length > 0 ? '[]' : '';
  return elementText(type) + dimensions;
}

/** As `typeText`, of a text that must be the name of one type, as it stands behind `::`; undefined where it is anything else. */
export function readTypeName(grammar: Grammar, written: string): string | undefined {
  // In CAST the text can leave its place only by closing the parenthesis, and then the tree is no longer one bare cast.
  const statements = grammar.statements(`SELECT CAST(NULL AS\n${written}\n)`);
  if (isSyntaxError(statements) || statements.length !== 1) return undefined;
  const select = nodeAs(statements[0]!.node, 'SelectStmt');
  const bare = select !== undefined && Object.keys(select).every((member) => BARE_SELECT.has(member));
  const target = bare && select.targetList?.length === 1 ? nodeAs(select.targetList[0], 'ResTarget') : undefined;
  const cast = target === undefined || target.name !== undefined ? undefined : nodeAs(target.val, 'TypeCast');
  const type = cast !== undefined && nodeAs(cast.arg, 'A_Const')?.isnull === true ? cast.typeName : undefined;
  if (type === undefined || type.setof === true || type.pct_type === true) return undefined;
  // Modifiers are printed as they stand, so only what cannot be anything else may stand there.
  const plain = (type.typmods ?? []).every((modifier) => nodeAs(modifier, 'A_Const')?.ival !== undefined);
  return plain ? typeText(type) : undefined;
}

const BARE_SELECT: ReadonlySet<string> = new Set(['targetList', 'limitOption', 'op']);

/** `serial` and its kin: not types, but an integer with a sequence; undefined for true types. */
export function serialType(type: TypeName): string | undefined {
  const names = stringsOf(type.names);
  return names.length === 1 ? SERIALS.get(names[0]!) : undefined;
}

function elementText(type: TypeName): string {
  const names = stringsOf(type.names);
  const modifiers = (type.typmods ?? []).map(modifierText);
  const bare = names[0] === 'pg_catalog' ? names.slice(1) : names;
  const [only = ''] = bare;
  if (bare.length > 1) return formatParts(bare) + inParentheses(modifiers);
  if (only === 'interval') return intervalText(modifiers.map(Number));
  // A bpchar without a length has no limit, unlike character, which the grammar turns into bpchar(1).
  if (only === 'bpchar' && modifiers.length === 0) return 'bpchar';
  if (only === 'numeric' && modifiers.length === 1) modifiers.push('0');
  const known = BUILT_IN.get(only);
  if (known === undefined) return formatParts(bare) + inParentheses(modifiers);
  return known.replace('*', inParentheses(modifiers));
}

function inParentheses(modifiers: readonly string[]): string {
  return modifiers.length === 0 ? '' : `(${modifiers.join(',')})`;
}

function modifierText(node: Node): string {
  const constant = nodeAs(node, 'A_Const');
  if (constant?.ival !== undefined) return String(constant.ival.ival ?? 0);
  if (constant?.sval !== undefined) return constant.sval.sval ?? '';
  if (constant?.fval !== undefined) return constant.fval.fval ?? '';
  const column = nodeAs(node, 'ColumnRef');
  return column === undefined ? (stringOf(node) ?? '') : stringsOf(column.fields).join('.');
}

/** The grammar packs the fields of an interval into one number, a bit for each (`INTERVAL_MASK` of the server). */
const [MONTH, YEAR, DAY, HOUR, MINUTE, SECOND] = [1 << 1, 1 << 2, 1 << 3, 1 << 10, 1 << 11, 1 << 12] as const;

const INTERVAL_FIELDS: ReadonlyMap<number, string> = new Map([
  [YEAR, 'year'],
  [MONTH, 'month'],
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
  [SECOND, 'second'],
  [YEAR | MONTH, 'year to month'],
  [DAY | HOUR, 'day to hour'],
  [DAY | HOUR | MINUTE, 'day to minute'],
  [DAY | HOUR | MINUTE | SECOND, 'day to second'],
  [HOUR | MINUTE, 'hour to minute'],
  [HOUR | MINUTE | SECOND, 'hour to second'],
  [MINUTE | SECOND, 'minute to second'],
]);

function intervalText([mask, precision]: readonly number[]): string {
  const fields = mask === undefined ? undefined : INTERVAL_FIELDS.get(mask);
  const digits = precision === undefined ? '' : `(${precision})`;
  return `interval${fields === undefined ? '' : ` ${fields}`}${digits}`;
}
