/** What must be so before a window opens, asked before anything changes. */
import { checkOperations } from '../checks/check-operations.js';
import { comparison } from '../mapping/in-sync.js';
import { sqlName } from '../mapping/mapping.js';
import { summarise, type CheckQuery } from '../operation/check-query.js';
import { quoteLiteral } from '../sql/identifier.js';
import { goesBackUnchanged } from './goes-back-unchanged.js';
import { tablesOf, type OpenOptions } from './open-window.js';
import type { Window } from './window.js';

export function windowProofs(window: Window, readsOf: OpenOptions['readsOf']): ReturnType<typeof checkOperations> {
  const { id: step, mirrors } = window;
  const proofs = mirrors.flatMap((mirror) => {
    const { source, target } = mirror.mapping;
    const reads = [...new Set([sqlName(source), sqlName(target), ...readsOf(mirror)])];
    const back = mirror.back === null ? [] : [{ query: goesBackUnchanged(mirror, mirror.back), reads }];
    return [{ query: nothingOfOthers(mirror), reads }, ...back];
  });
  return checkOperations([{ query: notSubscribed(window), reads: tablesOf(window) }, ...proofs], {
    step,
    prefix: `${step}/before`,
    effect: 'fail',
    barrier: false,
  });
}

/** Rows that a subscription brings are written by a worker of the server, and its errors stop the whole subscription. */
function notSubscribed(window: Window): CheckQuery {
  const tables = tablesOf(window).map((table) => `pg_catalog.to_regclass(${quoteLiteral(table)})`);
  const rows = `SELECT r.srrelid::regclass::text AS "table" FROM pg_catalog.pg_subscription_rel AS r WHERE r.srrelid IN (${tables.join(', ')})`;
  return {
    check: 'subscribed',
    name: `no subscription writes to the tables of ${window.id}`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}

/** What is there already must be what the source says: a mirror would overwrite it, and a fill would pass it by. */
function nothingOfOthers({ mapping }: Window['mirrors'][number]): CheckQuery {
  const { rows, summary } = comparison(mapping, { extra: 'refuse', missing: 'allow', samples: 10 });
  return {
    check: 'in_sync',
    name: `what ${sqlName(mapping.target)} holds before its window opens is what ${sqlName(mapping.source)} says (${mapping.name})`,
    severity: 'error',
    rows,
    summary,
    mask: [],
  };
}
