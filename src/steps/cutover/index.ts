/** `cutover`: the new side leads from here on; the old one is kept in step, so that going back loses nothing. */
import { report } from '../../catalog/scope.js';
import { DURATION_PATTERN, parseDuration } from '../../kernel/duration.js';
import { integer, list, object, ref, text } from '../../kernel/json-schema.js';
import { cutOver } from '../../windows/between-tables/cutover-window.js';
import type { TablesWindow } from '../../windows/between-tables/tables-window.js';
import type { StatementOperation } from '../../operation/operation.js';
import { cutOverColumns } from './columns.js';
import { WINDOW_CODES } from '../window-codes.js';
import { EMPTY_FRAGMENT, type Fragment, type LowerContext, type StepDefinition } from '../step-definition.js';
import { familyOf, openWindowAt, readsOfMirror } from '../window-at.js';
import { formOf } from '../../windows/window-forms.js';
import type { Window, WindowKind, WindowOf } from '../../windows/window.js';

interface CutoverFields {
  readonly windows: readonly string[];
  readonly lock_timeout?: string;
  readonly attempts?: number;
}

export const cutover: StepDefinition<CutoverFields> = {
  kind: 'cutover',
  summary:
    'Lets the new side of windows lead, in one short transaction that finds both sides the same; the old side is kept in step from here on.',
  example: `- id: flip
  cutover: { windows: [in-step] }`,
  schema: object(
    'Windows whose new side leads from here on.',
    {
      windows: list(
        ref('window', 'a step that opens a window; `plan/step` for one that another plan left open'),
        'the windows; all of them change in one commit',
      ),
      lock_timeout: {
        ...text('how long one attempt waits for its locks (default: that of the plan)'),
        pattern: DURATION_PATTERN,
        'x-lockstep-pattern-hint': 'a number and a unit, largest first: `250ms`, `5s`',
      },
      attempts: { ...integer('how often it asks for its locks (default 10)', 1), maximum: 100 },
    },
    ['windows'],
  ),
  windowsOf: ({ windows }) => windows,
  lower({ windows: ids, lock_timeout: lockTimeout, attempts }, context) {
    const windows = ids.map((id, index) => leading(id, index, context)).filter((window) => window !== undefined);
    if (windows.length < ids.length) return EMPTY_FRAGMENT;
    const lockTimeoutMs = lockTimeout === undefined ? undefined : parseDuration(lockTimeout);
    const lockLimits = {
      ...(lockTimeoutMs !== undefined && { lockTimeoutMs }),
      ...(attempts !== undefined && { attempts }),
    };
    const fragment = ofOneKind(windows, lockLimits, context);
    const skipWhen = windows.flatMap((window) => window.skipWhen);
    return {
      ...fragment,
      operations: fragment.operations.map((operation) => ({
        ...operation,
        skipWhen: [...operation.skipWhen, ...skipWhen],
      })),
    };
  },
};

/** One commit is of one kind: names that change, or triggers that turn round. */
function ofOneKind(windows: readonly Window[], lockLimits: LockLimits, context: LowerContext): Fragment {
  // What was converted before has nothing to change, and is led by its new side all the same.
  const empty = windows.filter((window) => formOf(window).isEmpty(window));
  const [first, ...rest] = windows.filter((window) => !empty.includes(window));
  if (first === undefined) return { ...EMPTY_FRAGMENT, windows: empty.map(lead) };
  const other = rest.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) {
    report(context, WINDOW_CODES, 'LS6511', context.locate([...context.path, 'windows']), {
      detail: `\`${first.id}\` changes ${WHAT_CHANGES[first.kind]}, \`${other.id}\` ${WHAT_CHANGES[other.kind]}.`,
      help: 'write a `cutover` for each',
    });
    return EMPTY_FRAGMENT;
  }
  const fragment = cutOverAs([first, ...rest], context, lockLimits);
  return { ...fragment, windows: [...(fragment.windows ?? []), ...empty.map(lead)] };
}

const WHAT_CHANGES: Readonly<Record<WindowKind, string>> = {
  columns: 'the names of columns',
  tables: 'which of two tables leads',
};

type LockLimits = NonNullable<StatementOperation['lockLimits']>;
type CutoverOf<K extends WindowKind> = (
  windows: readonly WindowOf<K>[],
  context: LowerContext,
  lockLimits: LockLimits,
) => Fragment;

const CUTOVERS: { readonly [K in WindowKind]: CutoverOf<K> } = { tables: cutOverTables, columns: cutOverColumns };

/** All of one form. */
function cutOverAs<K extends WindowKind>(
  windows: readonly WindowOf<K>[],
  context: LowerContext,
  lockLimits: LockLimits,
): Fragment {
  return (CUTOVERS[windows[0]!.kind] as CutoverOf<K>)(windows, context, lockLimits);
}

function cutOverTables(windows: readonly TablesWindow[], context: LowerContext, lockLimits: LockLimits): Fragment {
  return {
    operations: cutOver(windows, context.step, {
      family: familyOf(context),
      readsOf: readsOfMirror(context),
      lockLimits,
    }),
    preconditions: [],
    effects: [],
    windows: windows.map(lead),
  };
}

function lead(window: Window): Window {
  return { ...window, leads: 'new' };
}

function leading(id: string, index: number, context: LowerContext): Window | undefined {
  const window = openWindowAt(id, [...context.path, 'windows', index], context);
  if (window === undefined) return undefined;
  const refuse = (detail: string, help: string): undefined => {
    report(context, WINDOW_CODES, 'LS6508', context.locate([...context.path, 'windows', index]), { detail, help });
  };
  if (window.leads === 'new') {
    refuse(`The new side of \`${id}\` leads already.`, 'leave it out');
    return;
  }
  if (window.direction === 'forward') {
    refuse(
      `\`${id}\` keeps only its new side in step: after a cutover the old one would fall behind.`,
      `write \`direction: both\` in \`${id}\`, or close it without a cutover`,
    );
    return;
  }
  return window;
}
