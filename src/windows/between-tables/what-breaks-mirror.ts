/** What of a mirror a change of the catalog takes away: its tables, and the columns that its functions name. */
import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import { textsOf } from '../../mapping/mapping.js';
import { readExpression } from '../../sql/fragment.js';
import type { Grammar } from '../../sql/grammar.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { whatChangesUnder } from '../what-changes-under.js';
import type { Mirror } from './tables-window.js';

/** Sentences; empty: nothing. */
export function whatBreaksMirror(
  mirror: Mirror,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  grammar: Grammar,
): readonly string[] {
  const { source, target } = mirror.mapping;
  return [
    ...whatChangesUnder(source, sourceColumns(mirror, grammar), before, after),
    ...whatChangesUnder(target, targetColumns(mirror, grammar), before, after),
  ];
}

/** Quoted. */
function sourceColumns({ mapping, reads, back }: Mirror, grammar: Grammar): ReadonlySet<string> {
  const set = typeof back?.onDelete === 'object' ? back.onDelete : [];
  return new Set([
    ...[...reads, ...mapping.walk.columns].map(({ name }) => quoteIdentifier(name)),
    ...[...(back?.columns ?? []), ...set].map(({ name }) => name),
    ...namedIn([...textsOf({ ...mapping, targetWhere: null }), ...set.map(({ expression }) => expression)], grammar),
    ...mapping.columns.flatMap(({ plainColumn }) => (plainColumn === null ? [] : [quoteIdentifier(plainColumn)])),
  ]);
}

/** Quoted. */
function targetColumns({ mapping, belongsBy, back }: Mirror, grammar: Grammar): ReadonlySet<string> {
  const texts = (back?.columns ?? []).flatMap(({ plainColumn, expression }) =>
    plainColumn === null ? expression : [],
  );
  return new Set([
    ...mapping.columns.map(({ name }) => name),
    ...[...belongsBy, ...(back?.reads ?? [])].map(({ name }) => quoteIdentifier(name)),
    ...namedIn([mapping.targetWhere ?? '', ...texts], grammar),
  ]);
}

function namedIn(texts: readonly string[], grammar: Grammar): readonly string[] {
  return texts.flatMap((text) => {
    const read = readExpression(grammar, text);
    return read.ok ? read.value.columns.map(({ parts }) => quoteIdentifier(parts.at(-1)!)) : [];
  });
}
