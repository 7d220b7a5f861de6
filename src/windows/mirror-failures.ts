/** Writes that one side did not take, where the plan has them recorded: until they are dealt with the window has diverged. */
import { summarise, type CheckQuery } from '../operation/check-query.js';
import { quoteLiteral } from '../sql/identifier.js';
import type { Window } from './window.js';

export function noFailures({ name }: Pick<Window, 'name'>): CheckQuery {
  const rows = `SELECT mapping, operation, key_before, key_after, sqlstate, message, by_user, application, at
FROM lockstep.mirror_failure WHERE window_name = ${quoteLiteral(name)}`;
  return {
    check: 'mirror_failures',
    name: `every write was taken by both sides of ${name}`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}
