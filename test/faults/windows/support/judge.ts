/** The oracle, by hand: what both sides hold against what the writes that were acknowledged say. */
import type { TestDatabase } from '../../../support/database.js';
import type { Case } from './stage.js';
import { ROWS, rowsAfter, type SourceRow } from './writes.js';

/** Which rows the target must have. */
export type TargetIs =
  | 'as the source says'
  /** The way back was taken. */
  | 'as before'
  /** The window was closed before the write. */
  | 'as filled'
  /** The same, and the write was one of the new side. */
  | 'alone';

export async function judge(
  { query }: Pick<TestDatabase, 'query'>,
  cases: readonly { readonly one: Case; readonly acknowledged: boolean; readonly target: TargetIs }[],
): Promise<ReadonlyMap<number, string>> {
  const text = cases.map(
    ({ one: { n } }) =>
      `SELECT ${n} AS n, 's' AS side, to_json(array_agg(concat_ws(' ', id, word, coalesce(note, '-'), live) ORDER BY id)) AS rows FROM s${n}
       UNION ALL SELECT ${n}, 't', to_json(array_agg(concat_ws(' ', id, word) ORDER BY id)) FROM t${n}`,
  );
  const found = await query<{ n: number; side: 's' | 't'; rows: readonly string[] | null }>(text.join('\nUNION ALL\n'));
  const wrong = new Map<number, string>();
  for (const { one, acknowledged, target } of cases) {
    const rows = acknowledged ? rowsAfter(one.write) : ROWS;
    const wanted = {
      s: sourceTexts(target === 'alone' ? ROWS : rows),
      t: targetTexts(target, rows, one, acknowledged),
    };
    for (const side of ['s', 't'] as const) {
      const there = found.find(({ n, side: its }) => n === one.n && its === side)?.rows ?? [];
      if (JSON.stringify(there) === JSON.stringify(wanted[side])) continue;
      wrong.set(
        one.n,
        `${side === 's' ? 'source' : 'target'} holds ${there.join(', ')}; wanted ${wanted[side].join(', ')}`,
      );
    }
  }
  return wrong;
}

function sourceTexts(rows: Readonly<Record<number, SourceRow>>): readonly string[] {
  return Object.entries(rows).map(([id, { word, note, live }]) => `${id} ${word} ${note ?? '-'} ${live ? 't' : 'f'}`);
}

function targetTexts(
  target: TargetIs,
  rows: Readonly<Record<number, SourceRow>>,
  { there, write: { keeps } }: Case,
  acknowledged: boolean,
): readonly string[] {
  if (target === 'as before')
    return [
      ...(keeps !== undefined && acknowledged ? [`${keeps} ${ROWS[keeps]!.word}`] : []),
      ...(there ? ['98 there'] : []),
    ];
  const live = Object.entries(target === 'as filled' ? ROWS : rows).filter(([, row]) => row.live);
  return live.map(([id, { word }]) => `${id} ${word}`);
}
