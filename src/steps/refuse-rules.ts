/**
 * Rules (CREATE RULE) of tables whose rows a step writes. A rule rewrites statements before they run, so what is written is not what
 * was asked for, or the server refuses it. Measured on 15 and 18: beside any rule ON UPDATE, also a disabled one, and beside an enabled
 * one ON INSERT, there is no ON CONFLICT; a DML in WITH takes no DO ALSO, no conditional DO INSTEAD and no DO INSTEAD NOTHING; with a
 * single DO INSTEAD it writes elsewhere. Rules of a partition rewrite only statements that name it, so those of the table are asked.
 */
import type { Relation, Trigger } from '../catalog/catalog-snapshot.js';
import { report } from '../catalog/scope.js';
import type { Path } from '../kernel/path.js';
import { sqlName } from '../mapping/mapping.js';
import { isSyntaxError } from '../sql/grammar.js';
import { nodeAs } from '../sql/tree-walk.js';
import { FITNESS_CODES } from './fitness-codes.js';
import type { LowerContext } from './step-definition.js';

export type RuleEvent = 'INSERT' | 'UPDATE' | 'DELETE';

export interface RewrittenWrites {
  /** Statements that the step, or the application in a window, sends to the table by its name; with `session_replication_role` then. */
  readonly events: Readonly<Partial<Record<RuleEvent, 'origin' | 'replica' | 'either'>>>;
  /** An ON CONFLICT among them, which the server refuses beside a rule ON UPDATE, also a disabled one. */
  readonly onConflict: boolean;
}

/** False where something was reported. */
export function refuseRules(relation: Relation, writes: RewrittenWrites, context: LowerContext, path: Path): boolean {
  const found = rulesOf(relation, context).filter(({ event, enabled }) => {
    if (event === null || (event === 'UPDATE' && writes.onConflict)) return true;
    const role = writes.events[event];
    if (role === undefined || enabled === 'disabled') return false;
    return enabled === 'always' || role === 'either' || role === enabled;
  });
  const name = sqlName(relation);
  for (const { rule, event, enabled } of found) {
    const on = event === null ? '' : ` ON ${event}`;
    report(context, FITNESS_CODES, 'LS6110', context.locate(path), {
      detail: `\`${rule}\` of \`${name}\` is a rule${on}${enabled === 'disabled' ? ', disabled, and beside it the server takes no ON CONFLICT all the same' : ''}.`,
      help: `DROP RULE ${rule} ON ${name} in a step before, or a trigger in its place`,
    });
  }
  return found.length === 0;
}

interface Rule {
  /** Quoted. */
  readonly rule: string;
  /** Null: nothing tells it any more. */
  readonly event: RuleEvent | null;
  readonly enabled: Trigger['enabled'];
}

/** Without those of views, which are no tables, and whose rules are what they are. */
function rulesOf(relation: Relation, { catalog, grammar }: LowerContext): readonly Rule[] {
  if (relation.kind !== 'table' && relation.kind !== 'partitioned table') return [];
  const name = sqlName(relation);
  const behind = ` on ${name}`;
  return Object.entries(catalog.objects)
    .filter(([key, { partOf }]) => partOf === name && key.startsWith('rule ') && key.endsWith(behind))
    .map(([key, { definition, dressing }]): Rule => {
      const rule = key.slice('rule '.length, -behind.length);
      const state = dressing.find((text) => text.endsWith(` RULE ${rule}`)) ?? '';
      return { rule, event: eventOf(definition, grammar), enabled: enabledBy(state) };
    });
}

/** `ALTER TABLE … ENABLE ALWAYS RULE …`, which is there only where it is no ordinary one. */
function enabledBy(statement: string): Rule['enabled'] {
  if (statement.includes(' DISABLE RULE ')) return 'disabled';
  if (statement.includes(' ENABLE ALWAYS RULE ')) return 'always';
  return statement.includes(' ENABLE REPLICA RULE ') ? 'replica' : 'origin';
}

function eventOf(definition: string | null, grammar: LowerContext['grammar']): RuleEvent | null {
  if (definition === null) return null;
  const statements = grammar.statements(definition);
  const rule = isSyntaxError(statements) ? undefined : nodeAs(statements[0]?.node, 'RuleStmt');
  const event = rule?.event?.replace('CMD_', '');
  return event === 'INSERT' || event === 'UPDATE' || event === 'DELETE' ? event : null;
}

/** Of a side of a window between tables: whichever side it is, a rule changes what its writes mean. */
export const WRITES_OF_WINDOW: RewrittenWrites = {
  events: { INSERT: 'either', UPDATE: 'either', DELETE: 'either' },
  onConflict: false,
};
