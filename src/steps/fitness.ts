/** What a table must be like so that rows can be written to it exactly; asked of the catalog, before anything runs. */
import type { CatalogSnapshot, Privilege, Relation, Trigger } from '../catalog/catalog-snapshot.js';
import { report } from '../catalog/scope.js';
import type { Path } from '../kernel/path.js';
import { sqlName } from '../mapping/mapping.js';
import { relationKey } from '../sql/identifier.js';
import { descendantsOf } from './catalog-locks.js';
import { FITNESS_CODES } from './fitness-codes.js';
import type { LowerContext } from './step-definition.js';

export interface Needs {
  readonly privileges: readonly Privilege[];
  /** Whether the rows that the step writes fire a trigger of these events. */
  readonly fires: readonly Trigger['events'][number][];
  readonly userTriggers: 'fire' | 'suppress' | undefined;
}

export function refuseUnfit(relation: Relation, needs: Needs, context: LowerContext, path: Path): void {
  const name = sqlName(relation);
  const span = context.locate(path);
  const refuse = (code: keyof typeof FITNESS_CODES, detail: string, help: string): void =>
    report(context, FITNESS_CODES, code, span, { detail, help });
  if (relation.opaque === true) return;
  if (relation.persistence !== 'permanent')
    refuse('LS6107', `\`${name}\` is ${relation.persistence}.`, 'ALTER TABLE … SET LOGGED first');
  if (relation.inherited)
    refuse('LS6107', `\`${name}\` has inheritance children.`, 'fill the children one by one, or use partitions');
  const owner = relation.privileges.includes('OWNER');
  const missing = needs.privileges.filter((privilege) => !owner && !relation.privileges.includes(privilege));
  if (missing.length > 0) {
    const { user } = context.catalog.server;
    refuse(
      'LS6105',
      `\`${user}\` may not ${missing.join(', ')} on \`${name}\`.`,
      `GRANT ${missing.join(', ')} ON ${name} TO ${user}`,
    );
  }
  const hides = relation.rowSecurity === 'forced' || (relation.rowSecurity === 'on' && !owner);
  if (hides && context.catalog.server.bypassesRowSecurity !== true) {
    refuse(
      'LS6106',
      `Row-level security is ${relation.rowSecurity} on \`${name}\`.`,
      'run as a user with BYPASSRLS, or as the owner where it is not forced',
    );
  }
  const triggers = firing(relation, needs.fires, context.catalog);
  if (triggers.length > 0 && needs.userTriggers === undefined) {
    const names = [...new Set(triggers.map((trigger) => `\`${trigger.name}\``))].join(', ');
    refuse(
      'LS6101',
      `\`${name}\` has ${names}.`,
      'add `user_triggers: fire` where they are meant to fire, `suppress` where they are not',
    );
  }
}

/** Whether rows that are written run code of others, which may touch anything. */
export function firesTriggers(relation: Relation, events: Needs['fires'], catalog: CatalogSnapshot): boolean {
  return firing(relation, events, catalog).length > 0;
}

/** Also those of its partitions, into which the rows go. */
function firing(relation: Relation, events: Needs['fires'], catalog: CatalogSnapshot): readonly Trigger[] {
  return withPartitions(relation, catalog).flatMap(({ triggers }) =>
    triggers.filter(
      (trigger) =>
        trigger.enabled !== 'disabled' &&
        trigger.enabled !== 'replica' &&
        trigger.events.some((event) => events.includes(event)),
    ),
  );
}

export function withPartitions(relation: Relation, catalog: CatalogSnapshot): readonly Relation[] {
  const parts = descendantsOf(relationKey(relation), catalog).flatMap((key) => catalog.relations[key] ?? []);
  return [relation, ...parts];
}
