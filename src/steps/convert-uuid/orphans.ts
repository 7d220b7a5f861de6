/** References that find nothing: what a plan says of them, asked of the rows before anything changes, and of the catalog. */
import { report } from '../../catalog/scope.js';
import type { PlannedCheck } from '../../checks/compile-checks.js';
import { sqlName } from '../../mapping/mapping.js';
import { summarise } from '../../operation/check-query.js';
import { asksParent } from '../../windows/inside-tables/twin-values.js';
import { ASIDE_AT_MOST } from '../../windows/inside-tables/set-aside.js';
import { orphanRows, type OrphanedColumn } from '../../windows/inside-tables/orphan-rows.js';
import type { TwinTable } from '../../windows/inside-tables/columns-window.js';
import { hasUnprovedKey, orphanedColumns } from '../null-orphans.js';
import type { LowerContext } from '../step-definition.js';
import { CONVERT_CODES } from './codes.js';
import { nodeKey, type KeyNode } from './key-node.js';

/** Also where the plan goes on: how many there are, and the first of them, is what a person should know before. */
export function orphansFound(table: TwinTable): readonly PlannedCheck[] {
  return orphanedColumns(table).flatMap((orphaned) => {
    const { orphans } = orphaned.value;
    const rows = orphanRows(orphaned);
    const reads = [...new Set([table.name, orphaned.value.parent])];
    const asked = (name: string, severity: 'error' | 'warning', text: string): PlannedCheck => ({
      reads,
      query: { check: 'no_orphans', name, severity, rows: text, summary: summarise(text, 10), mask: [] },
    });
    const found = asked(nameOf(orphaned), orphans === 'fail' ? 'error' : 'warning', rows);
    if (orphans !== 'quarantine' || !asksParent(orphaned.value, 'old')) return [found];
    // Beyond this it is not rows that are wrong but the plan, and nobody reads the list.
    const many = `WITH orphan AS (\n${rows}\n) SELECT * FROM orphan WHERE (SELECT count(*) FROM orphan) > ${ASIDE_AT_MOST}`;
    const limit = `no more than ${ASIDE_AT_MOST.toLocaleString('en')} rows would be set aside: ${table.name}.${orphaned.column}`;
    return [found, asked(limit, 'error', many)];
  });
}

function nameOf({ table, column, value }: OrphanedColumn): string {
  const { parent, parentColumn, orphans } = value;
  const otherwise = {
    fail: '',
    keep: ', else it is kept',
    set_null: ', else it becomes NULL',
    quarantine: ', else the row is set aside',
  };
  return `every ${table.name}.${column} has its ${parent}.${parentColumn}${otherwise[orphans]}`;
}

/** True where nothing was refused: `set_null` needs columns that may be NULL, and a way back for what they said. */
export function mayBecomeNull(tables: readonly TwinTable[], nodes: readonly KeyNode[], context: LowerContext): boolean {
  let sound = true;
  const refuse = (detail: string, help: string): void => {
    sound = false;
    report(context, CONVERT_CODES, 'LS6611', context.locate([...context.path, 'orphans']), { detail, help });
  };
  for (const table of tables) {
    const { relation } = table;
    for (const { column, value } of orphanedColumns(table)) {
      if (value.orphans !== 'set_null') continue;
      const shown = `\`${table.name}.${column}\``;
      if (table.twins.some(({ old, notNull }) => old === column && notNull))
        refuse(
          `${shown} is NOT NULL.`,
          `ALTER TABLE ${table.name} ALTER COLUMN ${column} DROP NOT NULL first, or write \`quarantine\` or \`keep\``,
        );
      const child = nodes.find(({ from }) => from?.parent === sqlName(relation) && from.parentColumn === column);
      if (child !== undefined)
        refuse(
          `\`${nodeKey(child.relation, child.column.name).replace('/', '.')}\` refers to ${shown}, and would refer to nothing.`,
          'repair the rows, or write `quarantine` or `keep`',
        );
      const { user, maySuppressTriggers } = context.catalog.server;
      if (hasUnprovedKey(relation, column) && !maySuppressTriggers && context.rollback.kind === 'auto')
        refuse(
          `A foreign key that is NOT VALID stands on ${shown}: what became NULL could not be put back, which it forbids, as \`${user}\` may not set \`session_replication_role\`.`,
          `GRANT SET ON PARAMETER session_replication_role TO ${user}, or write \`quarantine\` or \`keep\``,
        );
    }
  }
  return sound;
}
