/**
 * The tables that are locked lightly before a strong lock is asked for. Autovacuum holds SHARE UPDATE EXCLUSIVE and gives
 * way to whoever waits longer than `deadlock_timeout`; an attempt with a short lock timeout never waits that long.
 */
import type { CatalogSnapshot, Privilege } from '../../catalog/catalog-snapshot.js';
import { isTable } from '../../catalog/lookup.js';
import type { RelationLock } from '../../operation/operation.js';
import { LOCK_MODES } from '../../sql/lock-mode.js';

const LIGHT = LOCK_MODES.indexOf('SHARE UPDATE EXCLUSIVE');

const LOCKS: ReadonlySet<Privilege> = new Set<Privilege>(['OWNER', 'UPDATE', 'DELETE', 'TRUNCATE']);

/** In the order of their names, which is the same for everyone. A new table is nobody's to hold. */
export function lockedFirst(locks: readonly RelationLock[], catalog: CatalogSnapshot): readonly string[] {
  return locks
    .filter(({ mode }) => LOCK_MODES.indexOf(mode) >= LIGHT)
    .map(({ relation }) => relation)
    .filter((key) => {
      const relation = catalog.relations[key];
      // A foreign key needs the privilege REFERENCES on its other table, LOCK one of these.
      const mayLock = relation?.privileges.some((privilege) => LOCKS.has(privilege)) === true;
      return relation !== undefined && isTable(relation) && mayLock;
    });
}
