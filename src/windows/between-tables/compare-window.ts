/** Whether both sides of a window agree, row by row, and no key that was deleted lives. */
import { comparison } from '../../mapping/in-sync.js';
import { sqlName, textsOf } from '../../mapping/mapping.js';
import type { CheckQuery } from '../../operation/check-query.js';
import { quoteLiteral } from '../../sql/identifier.js';
import type { Mirror, TablesWindow } from './tables-window.js';

/** Of all its mappings in one statement: how a window of another plan is compared, whose mappings this one does not have. */
export function differencesOf(
  window: Pick<TablesWindow, 'name' | 'mirrors' | 'leads'>,
  options: {
    readonly extra: 'refuse' | 'allow';
    readonly samples: number;
    readonly readsOf: (text: string) => readonly string[];
  },
): { readonly rows: string; readonly reads: readonly string[] } {
  const each = window.mirrors.map(({ mapping }) => {
    // A closed one remembers no keys any more.
    const { rows } = comparison(mapping, { ...options, window: window.leads === null ? undefined : window.name });
    return `SELECT ${quoteLiteral(mapping.name)} AS mapping, d.* FROM (\n${rows}\n) AS d`;
  });
  const reads = window.mirrors.flatMap(({ mapping }) => [
    sqlName(mapping.source),
    sqlName(mapping.target),
    ...textsOf(mapping).flatMap(options.readsOf),
  ]);
  return { rows: each.join('\nUNION ALL\n'), reads: [...new Set(reads)] };
}

export function comparedInWindow({ name }: Pick<TablesWindow, 'name'>, { mapping }: Mirror): CheckQuery {
  return {
    check: 'in_sync',
    name: `${sqlName(mapping.target)} corresponds to ${sqlName(mapping.source)}, and nothing that was deleted is back (${mapping.name})`,
    severity: 'error',
    ...comparison(mapping, { extra: 'refuse', samples: 10, window: name }),
    mask: [],
  };
}
