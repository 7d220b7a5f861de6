/** Pieces of the mirrors' PL/pgSQL that say something of one row. */
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import type { KeyColumn } from '../../mapping/key-text.js';
import type { MappedColumn } from '../../mapping/mapping.js';
import type { Mirror } from './tables-window.js';

/** Whether two rows of the target have one key. */
export function keyIs({ names: { sameKey }, mapping }: Mirror, left: string, right: string): string {
  const list = (of: string): readonly string[] => mapping.key.map(({ name }) => `${of}.${name}`);
  return `${sameKey}(${[...list(left), ...list(right)].join(', ')})`;
}

/** Empty: all rows of the target do. */
export function belongsTo({ names: { belongs }, belongsBy, mapping }: Mirror, row: string): string {
  if (mapping.targetWhere === null) return '';
  return `${belongs}(${belongsBy.map(({ name }) => `${row}.${quoteIdentifier(name)}`).join(', ')})`;
}

/** Whether two rows of the source have the key of one row. */
export function ownKeyIs(mirror: Mirror, left: string, right: string): string {
  const list = (of: string): readonly string[] => keyColumns(mirror).map(({ name }) => `${of}.${name}`);
  return `${mirror.names.sameRow}(${[...list(left), ...list(right)].join(', ')})`;
}

/** Columns of the source that the target's key is copied from: a unique index is on them, or on some of them. */
export function keyColumns({ mapping: { key, source } }: Pick<Mirror, 'mapping'>): readonly KeyColumn[] {
  return source.columns
    .filter((column) => key.some(({ plainColumn }) => plainColumn === column.name))
    .map(({ name, type, baseType }) => ({
      ...{ name: quoteIdentifier(name), type },
      ...(baseType !== undefined && { baseType }),
    }));
}

/** What the mapping reads of a row of the source. */
export function readsOf({ reads }: Mirror, row: string): string {
  return reads.map(({ name }) => `${row}.${quoteIdentifier(name)}`).join(', ');
}

/** Whether the target's key is nothing but columns of the source and values of the plan. */
export function keyIsCopied({ mapping: { key } }: Pick<Mirror, 'mapping'>): boolean {
  return key.every(({ plainColumn, literal }) => plainColumn !== null || literal);
}

/**
 * Statements that read the row of an event as it is now; `found`: the variable that says whether it is there. By the index: a plan is kept
 * that was made when there were few rows.
 */
export function readAsItIs(read: (row: 'OLD' | 'NEW') => string, found: string): string {
  return `  -- By the index: a plan is kept that was made when there were few rows.
  said := pg_catalog.set_config('enable_seqscan', 'off', true);
  IF TG_OP = 'DELETE' THEN
    ${read('OLD')}
  ELSE
    ${read('NEW')}
  END IF;
  ${found} := FOUND;
  said := pg_catalog.set_config('enable_seqscan', scans, true);
`;
}

/** What the setting `lockstep.echo` says while a row with this key is written; SQL. `echo`: the name and the way. `key`: text[]. */
export function echoText(echo: string, key: string): string {
  return `${quoteLiteral(`${echo} `)} || pg_catalog.pg_current_xact_id()::text || ' ' || ${key}::text`;
}

/** A condition: somebody refers to the row, as far as the server's foreign keys say. */
export function isReferredTo(row: string): string {
  return `EXISTS (SELECT FROM lockstep.referring_rows('{}', ARRAY[${row}.tableoid], ARRAY[${row}.ctid]))`;
}

/** More than copies: an expression, a condition, or a type whose text a locale decides. */
export function computes({ mapping, belongsBy, back }: Mirror): boolean {
  const copied = ({ plainColumn, converted, type }: MappedColumn): boolean =>
    plainColumn !== null && !converted && !/^money\b/.test(type);
  const columns = [...mapping.columns.filter(({ literal }) => !literal), ...(back?.columns ?? [])];
  return !columns.every(copied) || mapping.where !== null || belongsBy.length > 0 || typeof back?.onDelete === 'object';
}

export function rest({ mapping }: Mirror): readonly MappedColumn[] {
  return mapping.columns.filter((column) => !mapping.key.includes(column));
}

export function names(columns: readonly MappedColumn[]): string {
  return columns.map(({ name }) => name).join(', ');
}

export function fields(columns: readonly MappedColumn[], of: string): string {
  return columns.map(({ name }) => `${of}.${name}`).join(', ');
}

export function overriding(columns: readonly MappedColumn[]): string {
  return columns.some((column) => column.identityAlways) ? ' OVERRIDING SYSTEM VALUE' : '';
}

/** What stands in quotes keeps its lines: names and texts may hold line ends. No comment in such a text has a quote. */
export function indented(text: string, by: string): string {
  return text.replaceAll(
    /^("(?:[^"]|"")*"|'(?:[^']|'')*')?|"(?:[^"]|"")*"|'(?:[^']|'')*'/gm,
    (matched: string, _: unknown, offset: number) =>
      offset === 0 || text[offset - 1] === '\n' ? by + matched : matched,
  );
}
