/**
 * What a comparison must find: a row of one side held against each row of the other, in the test's own memory, by texts that the
 * server prints. Slow, and nothing in it to get wrong.
 */
import type { Mapping } from '../../../src/mapping/mapping.js';
import type { TestDatabase } from '../../support/database.js';
import type { JournalKey, Sides } from './generated-sides.js';
import type { Shape } from './shapes-to-compare.js';

export async function foundByHand(
  { query }: TestDatabase,
  shape: Shape,
  mapping: Mapping,
  sides: Sides,
): Promise<{ readonly compared: number; readonly found: readonly Found[] }> {
  const rest = mapping.columns.filter((column) => !mapping.key.includes(column));
  const texts = (columns: Mapping['columns']): string =>
    `to_json(ARRAY[${columns.map(({ name }) => `s.${name}::text`).join(', ')}]::text[])`;
  const rowsOf = (sql: string): Promise<readonly SideRow[]> =>
    query<SideRow>(
      `SELECT ${texts(mapping.key)} AS key, ${texts(rest)} AS values, to_jsonb(s.*) AS shown FROM (${sql}) AS s`,
    );
  const { source, target } = mappedSides(mapping);
  const [expected, actual] = [await rowsOf(source), await rowsOf(target)];
  const ours = <Key extends JournalKey>(keys: readonly Key[]): readonly Key[] =>
    keys.filter((one) => one.of === 'ours');
  const known = {
    deleted: ours(sides.deleted).map(({ key }) => key),
    accepted: ours(sides.failures).flatMap(({ key, accepted }) => (accepted ? [key] : [])),
  };
  const asked: Asked = {
    extra: sides.extra,
    missing: sides.missing,
    known: sides.window ? known : null,
    forgets: sides.window && sides.forgets,
  };
  return { compared: expected.length, found: differencesByHand(expected, actual, asked, shape.fold) };
}

/** Both sides as they stand in the plan, without any of the SQL that is tested. */
export function mappedSides({ columns, where, targetWhere }: Mapping): {
  readonly source: string;
  readonly target: string;
} {
  const values = columns.map(({ expression, type, name }) => `(${expression}\n)::${type} AS ${name}`).join(', ');
  return {
    source: `SELECT ${values} FROM source WHERE ${where ?? 'true'}\n`,
    target: `SELECT ${columns.map(({ name }) => name).join(', ')} FROM target WHERE ${targetWhere ?? 'true'}\n`,
  };
}

/** A row of one side: its key and its other values as texts, and the row as it is shown. */
interface SideRow {
  readonly key: readonly (string | null)[];
  readonly values: readonly (string | null)[];
  readonly shown: Readonly<Record<string, unknown>>;
}

interface Known {
  /** Deleted while the window was open, of this mapping. */
  readonly deleted: readonly (readonly string[])[];
  /** Keys of writes that one side did not take, which a person has accepted, of this mapping. */
  readonly accepted: readonly (readonly string[])[];
}

interface Asked {
  readonly extra: 'refuse' | 'allow';
  readonly missing: 'refuse' | 'allow';
  /** Null: no window. */
  readonly known: Known | null;
  /** `on_delete: ignore` */
  readonly forgets: boolean;
}

export interface Found {
  readonly problem: string;
  readonly expected: unknown;
  readonly found: unknown;
}

function differencesByHand(
  expected: readonly SideRow[],
  actual: readonly SideRow[],
  { extra, missing, known, forgets }: Asked,
  fold: (key: string) => string = (key) => key,
): readonly Found[] {
  const same = (a: SideRow['key'], b: SideRow['key']): boolean =>
    a.every((part, index) => part !== null && b[index] !== null && fold(part) === fold(b[index]!));
  const exactly = (a: SideRow['key'], b: SideRow['key']): boolean => JSON.stringify(a) === JSON.stringify(b);
  const noted = (key: SideRow['key']): SideRow['key'] => key.map((part) => (part === null ? null : fold(part)));
  const among = (keys: readonly SideRow['key'][] | undefined, key: SideRow['key']): boolean =>
    keys?.some((one) => exactly(one, noted(key))) === true;
  const found: Found[] = [];
  for (const e of expected) {
    const partners = actual.filter((a) => same(e.key, a.key));
    const forgotten = forgets && among(known?.deleted, e.key);
    if (partners.length === 0 && missing === 'refuse' && !forgotten && !among(known?.accepted, e.key))
      found.push({ problem: 'missing', expected: e.shown, found: null });
    for (const a of partners)
      if (!exactly(e.values, a.values) && !among(known?.accepted, e.key) && !among(known?.accepted, a.key))
        found.push({ problem: 'different', expected: e.shown, found: a.shown });
  }
  for (const a of actual)
    if (extra === 'refuse' && !expected.some((e) => same(e.key, a.key)) && !among(known?.accepted, a.key))
      found.push({ problem: 'extra', expected: null, found: a.shown });
  return [...found, ...doubles(expected, fold), ...resurrected(actual, known, same)];
}

/** NULL and NULL are two of one key here. */
function doubles(expected: readonly SideRow[], fold: (key: string) => string): readonly Found[] {
  const counts = new Map<string, number>();
  for (const { key } of expected) {
    const folded = JSON.stringify(key.map((part) => (part === null ? null : fold(part))));
    counts.set(folded, (counts.get(folded) ?? 0) + 1);
  }
  const several = [...counts].filter(([, count]) => count > 1);
  return several.map(([key, rows]) => ({ problem: 'double', expected: { key, rows }, found: null }));
}

function resurrected(
  actual: readonly SideRow[],
  known: Known | null,
  same: (a: SideRow['key'], b: SideRow['key']) => boolean,
): readonly Found[] {
  return (known?.deleted ?? []).flatMap((key) =>
    actual.filter((a) => same(key, a.key)).map((a) => ({ problem: 'resurrected', expected: null, found: a.shown })),
  );
}
