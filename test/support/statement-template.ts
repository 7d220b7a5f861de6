/** What two texts of one statement have in common: blanks are one blank, bounds of ranges and sizes of batches are left out. */
import type { OperationGraph } from '../../src/operation/operation-graph.js';
import { endOfBatch, rangeCondition } from '../../src/sql/key-range.js';

export function templateOf(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').trim().replace(/ ?;$/, '');
}

/** For the statements of a graph: a batch of the bottom range has no lower bound, and a steered one another size. */
export function templatesFor({ operations }: OperationGraph): (sql: string) => string {
  const batches = operations.filter((operation) => operation.kind === 'batch');
  const ranges = batches.flatMap(({ walk, work }) =>
    ['k', work.rangeOf].flatMap((of) =>
      [true, false].map((hasLower) => templateOf(rangeCondition(of, walk.key, { hasLower }))),
    ),
  );
  const withoutBounds = (sql: string): string =>
    ranges.reduce((text, range) => text.replaceAll(range, '⟨range⟩'), templateOf(sql));
  const withoutSize = (text: string): string =>
    text.replace(/ OFFSET \d+ LIMIT 1\) AS k$/, ' OFFSET ⟨rows⟩ LIMIT 1) AS k');
  const ends = new Set(batches.map(({ walk }) => withoutSize(withoutBounds(endOfBatch(walk, { hasLower: true }, 1)))));
  return (sql) => {
    const text = withoutBounds(sql);
    return ends.has(withoutSize(text)) ? withoutSize(text) : text;
  };
}
