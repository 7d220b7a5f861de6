/** `close`: ends windows. Both sides are compared once more; then the mirrors go, and what is there stays. */
import { DURATION_PATTERN, parseDuration } from '../../kernel/duration.js';
import { list, object, ref, text } from '../../kernel/json-schema.js';
import { closeWindow } from '../../windows/between-tables/close-window.js';
import type { TablesWindow } from '../../windows/between-tables/tables-window.js';
import type { WindowKind, WindowOf } from '../../windows/window.js';
import { closedColumns, type CloseTimes } from './columns.js';
import { type Fragment, type LowerContext, type StepDefinition } from '../step-definition.js';
import { familyOf, openWindowAt, readsOfMirror } from '../window-at.js';

interface CloseFields {
  readonly windows: readonly string[];
  readonly quiet?: string;
  readonly old?: 'keep' | 'retire';
  readonly retain?: string;
}

/** Long enough for a request that was under way, a retry, and the next run of a job that comes every few minutes. */
const QUIET_MS = 15 * 60_000;

const RETAIN_MS = 7 * 24 * 3_600_000;

export const close: StepDefinition<CloseFields> = {
  kind: 'close',
  summary:
    'Ends windows: both sides are compared once more, then the mirrors go. What is there stays, and there is no way back from here.',
  example: `- id: done
  close: { windows: [in-step] }`,
  schema: object(
    'Windows that end.',
    {
      windows: list(
        ref('window', 'a step that opens a window; `plan/step` for one that another plan left open'),
        'the windows that end',
      ),
      quiet: {
        ...text('after a cutover: how long nobody may have written to the old side (default 15m)'),
        pattern: DURATION_PATTERN,
        'x-lockstep-pattern-hint': 'a number and a unit, largest first: `15m`, `24h`',
      },
      old: {
        enum: ['keep', 'retire'],
        description:
          'what becomes of old columns after a cutover: `retire` (the default) drops them after `retain`, `keep` leaves them',
      },
      retain: {
        ...text('how long what is out of use is kept before it is dropped (default 7d)'),
        pattern: DURATION_PATTERN,
        'x-lockstep-pattern-hint': 'a number and a unit, largest first: `7d`, `36h`',
      },
    },
    ['windows'],
  ),
  windowsOf: ({ windows }) => windows,
  lower({ windows, quiet, old = 'retire', retain }, context) {
    const quietMs = (quiet === undefined ? undefined : parseDuration(quiet)) ?? QUIET_MS;
    const retainMs = old === 'keep' ? null : ((retain === undefined ? undefined : parseDuration(retain)) ?? RETAIN_MS);
    const parts = windows
      .map((id, index) => closed(id, index, { quietMs, retainMs }, context))
      .filter((part) => part !== undefined);
    return {
      operations: parts.flatMap((part) => part.operations),
      preconditions: [],
      effects: parts.flatMap((part) => part.effects),
      windows: parts.flatMap((part) => part.windows ?? []),
    };
  },
};

function closed(id: string, index: number, times: CloseTimes, context: LowerContext): Fragment | undefined {
  const window = openWindowAt(id, [...context.path, 'windows', index], context);
  if (window === undefined) return undefined;
  return closedAs(window, context, times);
}

type CloseOf<K extends WindowKind> = (window: WindowOf<K>, context: LowerContext, times: CloseTimes) => Fragment;

const CLOSES: { readonly [K in WindowKind]: CloseOf<K> } = { tables: closedTables, columns: closedColumns };

function closedAs<K extends WindowKind>(window: WindowOf<K>, context: LowerContext, times: CloseTimes): Fragment {
  return (CLOSES[window.kind] as CloseOf<K>)(window, context, times);
}

function closedTables(window: TablesWindow, context: LowerContext, { quietMs }: CloseTimes): Fragment {
  const operations = closeWindow(window, context.step, {
    family: familyOf(context),
    readsOf: readsOfMirror(context),
    quietMs,
  });
  return {
    operations: operations.map((operation) => ({
      ...operation,
      skipWhen: [...operation.skipWhen, ...window.skipWhen],
    })),
    preconditions: [],
    effects: [],
    windows: [{ ...window, leads: null }],
  };
}
