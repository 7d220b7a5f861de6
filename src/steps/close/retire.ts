/** Old columns that are out of use: they stay for as long as the plan says, and then they are dropped. */
import {
  CHANGES_NOTHING,
  type GateOperation,
  type Operation,
  type StatementOperation,
} from '../../operation/operation.js';
import { columnNames, namesOfParts, type ColumnsWindow } from '../../windows/inside-tables/columns-window.js';
import type { ClosedColumns } from '../../windows/inside-tables/close-columns.js';
import { swapping } from '../../windows/inside-tables/swap-columns.js';
import { plain, statementBase } from '../../operation/plain-statement.js';

/** `closed`: the operation that ends the window. Nothing else waits for the time to be over. */
export function retire(window: ColumnsWindow, step: string, retainMs: number, closed: string): ClosedColumns {
  const gate: GateOperation = {
    kind: 'gate',
    id: `${step}/retain/${window.id}`,
    step,
    label: `keep the old columns of ${window.id}, out of use`,
    approval: null,
    holdMs: retainMs,
    reads: [],
    writes: [],
    locks: [],
    barrier: false,
    after: [closed],
    skipWhen: [],
    hazards: [],
    reversal: CHANGES_NOTHING,
  };
  const dropped = window.tables.flatMap((table) => {
    const drops = swapping(table).map((twin) => `DROP COLUMN ${columnNames(twin, 'new').old}`);
    return drops.length === 0
      ? []
      : [{ table: table.name, parts: namesOfParts(table), text: `ALTER TABLE ${table.name} ${drops.join(', ')}` }];
  });
  const operations = dropped.map(({ table, parts, text }, index): StatementOperation => ({
    ...statementBase(step, `${step}/drop/${window.id}/${index + 1}`),
    label: `drop the old columns of ${table}`,
    lockFirst: [table],
    locks: [table, ...parts].map((relation) => ({ relation, mode: 'ACCESS EXCLUSIVE' })),
    writes: [table, ...parts],
    after: [gate.id],
    statements: [plain(text)],
    reversal: { kind: 'irreversible', reason: 'the old keys are gone' },
  }));
  const all: readonly Operation[] = [gate, ...operations];
  return { operations: all, definitions: dropped.map(({ text }) => text) };
}
