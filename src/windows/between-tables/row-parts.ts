/** Pieces of the mirrors' PL/pgSQL that say something of one row. */
import { quoteIdentifier } from '../../sql/identifier.js';
import type { MappedColumn } from '../../mapping/mapping.js';
import type { Mirror } from './tables-window.js';

export function keyIs({ names: { sameKey }, mapping }: Mirror, left: string, right: string): string {
  const list = (of: string): readonly string[] => mapping.key.map(({ name }) => `${of}.${name}`);
  return `${sameKey}(${[...list(left), ...list(right)].join(', ')})`;
}

/** Empty: all rows of the target do. */
export function belongsTo({ names: { belongs }, belongsBy, mapping }: Mirror, row: string): string {
  if (mapping.targetWhere === null) return '';
  return `${belongs}(${belongsBy.map(({ name }) => `${row}.${quoteIdentifier(name)}`).join(', ')})`;
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

export function indented(text: string, by: string): string {
  return text.replaceAll(/^/gm, by);
}
