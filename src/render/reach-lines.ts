/** What a step takes along, as lines without colours: the columns as trees, then what stands on them, relation by relation. */
import type { ReachedColumn, ReachedObject, StepReach } from '../operation/step-reach.js';
import { showLabel } from './show-amount.js';
import { wrap } from './wrap.js';

/** Each at most so many characters wide, where no word is longer. */
export function reachLines({ columns, objects }: StepReach, width: number): readonly string[] {
  return [...treeLines(columns, width), ...objectLines(objects, width)];
}

/** A line for each column, below the one that it refers to. */
function treeLines(columns: readonly ReachedColumn[], width: number): readonly string[] {
  const below = (parent: ReachedColumn, lead: string): readonly string[] => {
    const own = columns.filter(({ of }) => of === parent.column);
    return own.flatMap((column, index) => {
      const isLast = index === own.length - 1;
      return [
        ...lines(column, lead + (isLast ? '└─ ' : '├─ '), lead + (isLast ? '   ' : '│  ')),
        ...below(column, lead + (isLast ? '   ' : '│  ')),
      ];
    });
  };
  const lines = (column: ReachedColumn, lead: string, next: string): readonly string[] =>
    hanging(`${showLabel(column.column)} (${column.type})${column.of === null ? '' : `: ${showLabel(column.by)}`}`, {
      lead,
      next: `${next}  `,
      width,
    });
  return columns.filter(({ of }) => of === null).flatMap((root) => [...lines(root, '', ''), ...below(root, '')]);
}

function objectLines(objects: readonly ReachedObject[], width: number): readonly string[] {
  const relations = [...new Set(objects.map(({ relation }) => relation))];
  return relations.flatMap((relation) => [
    relation === null ? 'besides' : showLabel(relation),
    ...objects
      .filter((object) => object.relation === relation)
      .flatMap(({ kind, name, becomes }) =>
        hanging(`${kind} ${showLabel(name)}: ${showLabel(becomes)}`, { lead: '  ', next: '      ', width }),
      ),
  ]);
}

interface Hanging {
  /** Before the first line. */
  readonly lead: string;
  /** Before the others. */
  readonly next: string;
  readonly width: number;
}

function hanging(text: string, { lead, next, width }: Hanging): readonly string[] {
  return wrap(text, width - next.length)
    .split('\n')
    .map((line, index) => (index === 0 ? lead : next) + line);
}
