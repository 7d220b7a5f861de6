/** Whether both sides of a window agree, row by row, and no key that was deleted lives. */
import { comparison } from '../mapping/in-sync.js';
import { sqlName } from '../mapping/mapping.js';
import type { CheckQuery } from '../operation/check-query.js';
import type { Mirror, Window } from './window.js';

export function comparedInWindow({ name }: Pick<Window, 'name'>, { mapping }: Mirror): CheckQuery {
  return {
    check: 'in_sync',
    name: `${sqlName(mapping.target)} corresponds to ${sqlName(mapping.source)}, and nothing that was deleted is back (${mapping.name})`,
    severity: 'error',
    ...comparison(mapping, { extra: 'refuse', samples: 10, window: name }),
    mask: [],
  };
}
