/** `close`: ends windows. Both sides are compared once more; then the mirrors go, and what is there stays. */
import { report } from '../../catalog/scope.js';
import { withPartitions } from '../fitness.js';
import { list, object, ref } from '../../kernel/json-schema.js';
import { sqlName, textsOf } from '../../mapping/mapping.js';
import { closeWindow } from '../../windows/close-window.js';
import type { Window } from '../../windows/window.js';
import { WINDOW_CODES } from '../window-codes.js';
import type { Fragment, LowerContext, StepDefinition } from '../step-definition.js';

interface CloseFields {
  readonly windows: readonly string[];
}

export const close: StepDefinition<CloseFields> = {
  kind: 'close',
  summary:
    'Ends windows: both sides are compared once more, then the mirrors go. What is there stays, and there is no way back from here.',
  example: `- id: done
  close: { windows: [in-step] }`,
  schema: object(
    'Windows that end.',
    { windows: list(ref('window', 'a step that opens a window'), 'the windows that end') },
    ['windows'],
  ),
  lower({ windows }, context) {
    const parts = windows.map((id, index) => closed(id, index, context)).filter((part) => part !== undefined);
    return {
      operations: parts.flatMap((part) => part.operations),
      preconditions: [],
      effects: [],
      windows: parts.flatMap((part) => part.windows ?? []),
    };
  },
};

function closed(id: string, index: number, context: LowerContext): Fragment | undefined {
  const window = context.windows.get(id);
  const span = context.locate([...context.path, 'windows', index]);
  const refuse = (code: 'LS6504' | 'LS6505', detail: string, help: string): undefined => {
    report(context, WINDOW_CODES, code, span, { detail, help });
    return undefined;
  };
  if (window === undefined) {
    refuse('LS6504', `No step before opens a window \`${id}\`.`, 'name a `dual_write` before this step');
    return;
  }
  if (window.leads === null) {
    refuse('LS6504', `\`${id}\` is closed already.`, 'leave it out');
    return;
  }
  const open = unfilled(window);
  if (open.length > 0) {
    const detail = `No step fills ${open.join(', ')}.`;
    refuse('LS6505', detail, `add \`backfill: { mappings: [${open.join(', ')}] }\` between \`${id}\` and this step`);
    return;
  }
  const family = (table: string): readonly string[] =>
    withPartitions(context.catalog.relations[table]!, context.catalog).map(sqlName);
  const operations = closeWindow(window, context.step, {
    family,
    readsOf: ({ mapping }) => textsOf(mapping).flatMap((text) => context.readsOf('condition', text)),
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

function unfilled({ mirrors, filled }: Window): readonly string[] {
  return mirrors.map(({ mapping }) => mapping.name).filter((name) => !filled.includes(name));
}
