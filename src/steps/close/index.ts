/** `close`: ends windows. Both sides are compared once more; then the mirrors go, and what is there stays. */
import { DURATION_PATTERN, parseDuration } from '../../kernel/duration.js';
import { list, object, ref, text } from '../../kernel/json-schema.js';
import { closeWindow } from '../../windows/close-window.js';
import type { Fragment, LowerContext, StepDefinition } from '../step-definition.js';
import { familyOf, openWindowAt, readsOfMirror } from '../window-at.js';

interface CloseFields {
  readonly windows: readonly string[];
  readonly quiet?: string;
}

/** Long enough for a request that was under way, a retry, and the next run of a job that comes every few minutes. */
const QUIET_MS = 15 * 60_000;

export const close: StepDefinition<CloseFields> = {
  kind: 'close',
  summary:
    'Ends windows: both sides are compared once more, then the mirrors go. What is there stays, and there is no way back from here.',
  example: `- id: done
  close: { windows: [in-step] }`,
  schema: object(
    'Windows that end.',
    {
      windows: list(ref('window', 'a step that opens a window'), 'the windows that end'),
      quiet: {
        ...text('after a cutover: how long nobody may have written to the old side (default 15m)'),
        pattern: DURATION_PATTERN,
        'x-lockstep-pattern-hint': 'a number and a unit, largest first: `15m`, `24h`',
      },
    },
    ['windows'],
  ),
  windowsOf: ({ windows }) => windows,
  lower({ windows, quiet }, context) {
    const quietMs = (quiet === undefined ? undefined : parseDuration(quiet)) ?? QUIET_MS;
    const parts = windows.map((id, index) => closed(id, index, quietMs, context)).filter((part) => part !== undefined);
    return {
      operations: parts.flatMap((part) => part.operations),
      preconditions: [],
      effects: [],
      windows: parts.flatMap((part) => part.windows ?? []),
    };
  },
};

function closed(id: string, index: number, quietMs: number, context: LowerContext): Fragment | undefined {
  const window = openWindowAt(id, [...context.path, 'windows', index], context);
  if (window === undefined) return undefined;
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
