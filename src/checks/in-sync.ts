/** `in_sync`: both sides of a mapping correspond row by row. The comparison itself belongs to `mapping`. */
import { list, object, ref } from '../kernel/json-schema.js';
import { comparison } from '../mapping/in-sync.js';
import { sqlName, textsOf } from '../mapping/mapping.js';
import type { CheckContext, CheckDefinition } from './check-definition.js';

type InSyncFields = readonly string[] | { readonly of: readonly string[]; readonly extra?: 'allow' };

const NAMES = list(
  ref('mapping or window', 'a mapping, a window for all of its mappings, or a window of another plan: `plan/step`'),
  'the mappings or windows',
);

/** The list of a check is one check per mapping: `expandInSync` has split it before it is compiled. */
export const inSync: CheckDefinition<InSyncFields> = {
  name: 'in_sync',
  holds:
    'both sides of each mapping correspond row by row, NULL-safe: nothing missing, extra, different, double; beside an open window also nothing resurrected',
  example: '- in_sync: [credentials, logins]',
  schema: {
    description: 'Mappings whose two sides correspond row by row.',
    anyOf: [
      NAMES,
      object(
        'Mappings, and what is no difference.',
        { of: NAMES, extra: { const: 'allow', description: 'target rows without a source row are no difference' } },
        ['of'],
      ),
    ],
  },
  compile(fields, context) {
    const { of, extra } = Array.isArray(fields)
      ? { of: fields as readonly string[] }
      : (fields as { of: readonly string[]; extra?: 'allow' });
    if (of[0]!.includes('/')) {
      const options = { extra: extra === 'allow' ? ('allow' as const) : ('refuse' as const), samples: context.samples };
      const found = context.ofOtherPlan(of[0]!, context.path, options);
      return found && { says: `both sides of ${of[0]!} correspond`, ...found };
    }
    const twins = context.twinsOfWindow(of[0]!);
    if (twins !== undefined) return { says: `every new key of ${of[0]!} is what the old one says`, ...twins };
    const mapping = context.mapping(of[0]!);
    if (mapping === undefined) return undefined;
    const compared = comparison(mapping, {
      extra: extra === 'allow' ? 'allow' : 'refuse',
      samples: context.samples,
      window: context.windowOf(mapping.name),
    });
    return {
      says: `${sqlName(mapping.target)} corresponds to ${sqlName(mapping.source)} (${mapping.name})`,
      rows: compared.rows,
      summary: compared.summary,
      reads: [
        ...[sqlName(mapping.source), sqlName(mapping.target)],
        ...textsOf(mapping).flatMap((text) => context.readsOf('condition', text)),
      ],
    };
  },
};

/** `in_sync: [a, b]` as one value for each mapping, so that each is a check with figures of its own. */
export function expandInSync(
  fields: InSyncFields,
  { mappingsOfWindow }: Pick<CheckContext, 'mappingsOfWindow'>,
): readonly InSyncFields[] {
  const { of, extra } = Array.isArray(fields)
    ? { of: fields as readonly string[] }
    : (fields as { readonly of: readonly string[]; readonly extra?: 'allow' });
  return of
    .flatMap((name) => {
      const mappings = mappingsOfWindow(name) ?? [];
      return mappings.length === 0 ? [name] : mappings;
    })
    .map((name) => ({ of: [name], ...(extra !== undefined && { extra }) }));
}
