/**
 * In which order twins are filled: parents before what is looked up in them. All twins of a table in one pass wherever that can
 * be, since every pass writes each row anew, and each index of the table: so a key waits for the parents of its own row. Only
 * tables whose references lead back to them are filled level by level, keys before what refers to them.
 */
import type { OperationId } from '../../operation/operation.js';
import { parentTwin, twinTable, type ColumnsWindow, type Twin, type TwinTable } from './columns-window.js';
import { asksParent } from './twin-values.js';

/** How many fills must have ended before that of a twin: those of the parents, of their parents, and so on. */
export type LevelOf = (table: TwinTable, twin: Twin) => number;

/** Of the operation that fills what is on that level. */
export function fillId(step: string, table: string, level: number): OperationId {
  return `${step}/fill/${table}${level === 0 ? '' : `/${level}`}`;
}

export function fillLevels(window: Pick<ColumnsWindow, 'tables'>): LevelOf {
  const there = computed.get(window.tables) ?? levelsOf(window);
  computed.set(window.tables, there);
  return there;
}

/** Each trigger of each table asks, and the tables of a window are one array for its whole life. */
const computed = new WeakMap<readonly TwinTable[], LevelOf>();

function levelsOf(window: Pick<ColumnsWindow, 'tables'>): LevelOf {
  const known = new Map<Twin, number>();
  const levelOf: LevelOf = (table, twin) => {
    const there = known.get(twin);
    if (there !== undefined) return there;
    const together = leadsBack(window, table) ? [twin] : table.twins;
    const level = Math.max(
      0,
      ...together.flatMap((one) => parentsOf(window, one)).map((parent) => 1 + levelOf(...parent)),
    );
    for (const one of together) known.set(one, level);
    return level;
  };
  return levelOf;
}

/** Whether rows of the table refer, by way of others or at once, to rows of the same table. */
function leadsBack(window: Pick<ColumnsWindow, 'tables'>, table: TwinTable): boolean {
  const reached = new Set<TwinTable>();
  const follow = ({ twins }: TwinTable): void => {
    for (const [parent] of twins.flatMap((twin) => parentsOf(window, twin))) {
      if (reached.has(parent)) continue;
      reached.add(parent);
      follow(parent);
    }
  };
  follow(table);
  return reached.has(table);
}

/** Whose value must be there before: none for one that is made, or computed from its own old value. */
function parentsOf(window: Pick<ColumnsWindow, 'tables'>, { value }: Twin): readonly (readonly [TwinTable, Twin])[] {
  if (value.kind === 'own' || !asksParent(value, 'old')) return [];
  return [[twinTable(window, value.parent), parentTwin(window, value)]];
}
