/**
 * `user_triggers: suppress`: which operations run without the triggers of the target, and what stands against it. The
 * server's role for applying changes of others switches off triggers by the wholesale: those behind foreign keys and
 * deferrable keys too, and it fires those that are meant for replicas.
 */
import type { Relation, Trigger } from '../../catalog/catalog-snapshot.js';
import { report } from '../../catalog/scope.js';
import type { Path } from '../../kernel/path.js';
import { sqlName } from '../../mapping/mapping.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import type { LowerContext } from '../step-definition.js';
import { BACKFILL_CODES } from './codes.js';
import { firesTriggers, refuseUnfit, withPartitions } from '../fitness.js';
import { foreignKeys } from '../foreign-keys.js';
import { upheldKeys } from './upheld-keys.js';

export type UserTriggers = 'fire' | 'suppress';
type Events = readonly Trigger['events'][number][];

/** Said of the step, else of the plan; only where there is one to suppress is anything done about it. */
export function suppresses(
  relation: Relation,
  events: Events,
  said: UserTriggers | undefined,
  { catalog }: LowerContext,
): boolean {
  return said === 'suppress' && firesTriggers(relation, events, catalog);
}

/** `written`: the columns that an UPDATE sets; absent for rows that come and go. */
export function refuseToSuppress(
  relation: Relation,
  events: Events,
  written: readonly string[] | undefined,
  context: LowerContext,
  path: Path,
): void {
  const { catalog } = context;
  const name = sqlName(relation);
  const span = context.locate(path);
  const refuse = (detail: string, help: string): void =>
    report(context, BACKFILL_CODES, 'LS6109', span, { detail, help });
  if (!catalog.server.maySuppressTriggers) {
    const { user } = catalog.server;
    report(context, BACKFILL_CODES, 'LS6108', span, {
      detail: `\`${user}\` may not set \`session_replication_role\`, which \`${name}\` needs.`,
      help: `GRANT SET ON PARAMETER session_replication_role TO ${user}`,
    });
  }
  const all = withPartitions(relation, catalog);
  const parts = all.slice(1);
  for (const part of all) {
    for (const { name: trigger, enabled, events: on } of part.triggers) {
      if ((enabled !== 'always' && enabled !== 'replica') || !on.some((event) => events.includes(event))) continue;
      const table = sqlName(part);
      refuse(
        `\`${trigger}\` of \`${table}\` is ENABLE ${enabled.toUpperCase()}: it would fire all the same.`,
        `ALTER TABLE ${table} ENABLE TRIGGER ${quoteIdentifier(trigger)} first, or say \`user_triggers: fire\``,
      );
    }
  }
  const touched = (columns: readonly string[]): boolean =>
    written === undefined || columns.length === 0 || columns.some((column) => written.includes(column));
  for (const { name: constraint, columns, kind, deferrable } of relation.constraints) {
    if (!deferrable || kind === 'foreign key' || !touched(columns)) continue;
    refuse(
      `\`${constraint}\` of \`${name}\` is deferrable, and is not checked while triggers are suppressed.`,
      'make it NOT DEFERRABLE first',
    );
  }
  for (const key of foreignKeys(relation)) {
    const own = relationKey(key.references.table) === relationKey(relation);
    if (own && (touched(key.columns) || touched(key.references.columns)))
      refuse(`\`${key.name}\` of \`${name}\` refers to the table itself.`, 'say `user_triggers: fire`');
    if (/\bPERIOD\b/.test(key.definition) && touched(key.columns))
      refuse(`\`${key.name}\` of \`${name}\` refers to a period.`, 'say `user_triggers: fire`');
  }
  for (const part of parts) {
    for (const key of foreignKeys(part)) {
      const known = foreignKeys(relation).some(
        (one) =>
          one.columns.join() === key.columns.join() &&
          relationKey(one.references.table) === relationKey(key.references.table),
      );
      if (!known && touched(key.columns))
        refuse(`\`${key.name}\` stands on the partition \`${sqlName(part)}\` alone.`, 'say `user_triggers: fire`');
    }
  }
  if (written !== undefined) refuseReferred(relation, parts, touched, context, refuse);
  // Parents are looked up and locked as the user of the run, where the server does it as their owner.
  for (const { parent } of upheldKeys(relation, written)) {
    const looked = catalog.relations[parent];
    if (looked === undefined) continue;
    refuseUnfit(looked, { privileges: ['SELECT', 'UPDATE'], fires: [], userTriggers: 'fire' }, context, path);
  }
}

/** What happens to rows that refer to a changed value is done by triggers of the server, too. */
function refuseReferred(
  relation: Relation,
  parts: readonly Relation[],
  touched: (columns: readonly string[]) => boolean,
  { catalog }: LowerContext,
  refuse: (detail: string, help: string) => void,
): void {
  const own = [relation, ...parts].map(relationKey);
  for (const other of Object.values(catalog.relations)) {
    if (own.includes(relationKey(other))) continue;
    for (const { name, references } of foreignKeys(other)) {
      if (!own.includes(relationKey(references.table)) || !touched(references.columns)) continue;
      const detail = `\`${name}\` of \`${sqlName(other)}\` refers to a column that is filled.`;
      refuse(detail, 'say `user_triggers: fire`');
    }
  }
}
