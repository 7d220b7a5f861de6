/** `dual_write` against a catalog: what its tables must be like, and the window that `windows` makes of it. */
import { report, take } from '../../catalog/scope.js';
import { uniqueKeysOf, walkableKeyOf } from '../../catalog/walkable-key.js';
import type { Path } from '../../kernel/path.js';
import type { Hazard } from '../../operation/hazard.js';
import { sqlName, type Mapping } from '../../mapping/mapping.js';
import { whyNoKeyText } from '../../mapping/key-text.js';
import { openWindow } from '../../windows/between-tables/open-window.js';
import { keyColumns } from '../../windows/between-tables/row-parts.js';
import { numbered } from '../../windows/between-tables/sequences.js';
import type { Mirror, TablesWindow } from '../../windows/between-tables/tables-window.js';
import { refuseUnfit, withPartitions } from '../fitness.js';
import { targetWalk } from '../key-walk.js';
import { EMPTY_FRAGMENT, type Fragment, type LowerContext } from '../step-definition.js';
import { oneToOne } from '../one-to-one.js';
import { familyOf, readsOfMirror, openWindowOver } from '../window-at.js';
import { WINDOW_CODES } from '../window-codes.js';
import { mirrorOf } from './mirror-of.js';
import { withParents } from './parents.js';
import { refuseRules, WRITES_OF_WINDOW } from '../refuse-rules.js';
import { FIRST_TRIGGER, LAST_TRIGGER, windowName } from '../../windows/window-name.js';

export interface DualWriteFields {
  readonly mappings: readonly string[];
  readonly direction?: 'forward' | 'both';
  readonly on_mirror_error?: 'reject' | 'record';
  readonly user_triggers?: 'fire';
}

export function lowerDualWrite(fields: DualWriteFields, context: LowerContext): Fragment {
  const found = fields.mappings.map((name, index) => {
    const mapping = context.mapping(name);
    return mapping && mirrored(mapping, fields, context, [...context.path, 'mappings', index]);
  });
  const mirrors = withParents(
    found.filter((mirror) => mirror !== undefined),
    context,
  );
  const both = fields.direction === 'both';
  const broken = mirrors.length < found.length || (both && !bothAreSpokenFor(mirrors, context));
  const window: TablesWindow = {
    kind: 'tables',
    ...(broken && { broken }),
    id: context.step,
    name: windowName(context.plan, context.step),
    direction: fields.direction ?? 'forward',
    mirrors: both ? mirrors : mirrors.map((mirror) => ({ ...mirror, back: null })),
    onMirrorError: fields.on_mirror_error ?? 'reject',
    leads: 'old',
    filled: [],
    skipWhen: context.skipWhen,
  };
  if (broken) return { ...EMPTY_FRAGMENT, windows: [window] };
  const { batch, workers } = context.defaults;
  const opened = openWindow(window, {
    pace: { ...batch, workers },
    family: familyOf(context),
    readsOf: readsOfMirror(context),
    walkOf: ({ mapping }) => targetWalk(mapping, walkOfTarget(mapping, context)!),
  });
  const [first, ...rest] = opened.operations;
  return {
    // Consent is shown with the operation that begins it.
    operations: both ? [{ ...first!, hazards: [deadlocks(context)] }, ...rest] : opened.operations,
    preconditions: [...mirrors.flatMap(({ mapping }) => oneToOne(mapping, context)), ...opened.preconditions],
    effects: [],
    windows: [window],
  };
}

function deadlocks({ allow }: LowerContext): Hazard {
  return {
    name: 'deadlocks',
    detail: 'a row that is written from both sides at the same moment costs one of the two sessions its transaction',
    consent: allow.deadlocks ?? null,
  };
}

/** What a window in both directions owes; false where something was reported. */
function bothAreSpokenFor(mirrors: readonly Mirror[], context: LowerContext): boolean {
  let sound = true;
  for (const { mapping, back } of mirrors) {
    const span = context.locate([...context.path, 'direction']);
    if (back === null) {
      const detail = `\`${mapping.name}\` does not say what a write to \`${sqlName(mapping.target)}\` means for \`${sqlName(mapping.source)}\`.`;
      report(context, WINDOW_CODES, 'LS6509', span, {
        detail,
        help: `add \`reverse: { on_delete: … }\` to \`${mapping.name}\``,
      });
      sound = false;
      continue;
    }
    const own = numbered(mapping.target, mapping.columns);
    const others = numbered(mapping.source, back.columns);
    if (own.length > 0 && others.length > 0) {
      const detail = `\`${sqlName(mapping.source)}.${others[0]!.name}\` and \`${sqlName(mapping.target)}.${own[0]!.name}\` each have a sequence.`;
      report(context, WINDOW_CODES, 'LS6510', span, {
        severity: 'warning',
        detail,
        help: 'let one side use the sequence of the other',
      });
    }
  }
  if (context.allow.deadlocks !== undefined) return sound;
  report(context, WINDOW_CODES, 'LS6509', context.locate([...context.path, 'direction']), {
    detail: 'A window in both directions may cost sessions of the application their transactions.',
    help: 'add `allow: { deadlocks: "why that is acceptable here" }` to the step',
  });
  return false;
}

function walkOfTarget({ target }: Mapping, context: LowerContext): ReturnType<typeof take<WalkableKey>> {
  return take(context, walkableKeyOf(target, undefined, context.locate([...context.path, 'mappings'])));
}

type WalkableKey = Extract<ReturnType<typeof walkableKeyOf>, { ok: true }>['value'];

/** Undefined where something was reported. */
function mirrored(mapping: Mapping, fields: DualWriteFields, context: LowerContext, path: Path): Mirror | undefined {
  const before = openWindowOver(mapping.name, context);
  const span = context.locate(path);
  const refuse = (code: keyof typeof WINDOW_CODES, detail: string, help: string): undefined => {
    report(context, WINDOW_CODES, code, span, { detail, help });
    return undefined;
  };
  if (before !== undefined) {
    refuse('LS6507', `\`${mapping.name}\` is kept in step by \`${before.id}\`.`, `close \`${before.id}\` first`);
    return;
  }
  const userTriggers = fields.user_triggers ?? (context.defaults.userTriggers === 'fire' ? 'fire' : undefined);
  const { source, target } = mapping;
  refuseUnfit(source, { privileges: ['SELECT', 'UPDATE'], fires: [], userTriggers: 'fire' }, context, path);
  refuseUnfit(
    target,
    { privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], fires: ['insert', 'update', 'delete'], userTriggers },
    context,
    path,
  );
  let sound = [
    refuseRules(source, WRITES_OF_WINDOW, context, path),
    refuseRules(target, { ...WRITES_OF_WINDOW, onConflict: true }, context, path),
  ].every(Boolean);
  for (const table of [source, target]) {
    if (table.opaque === true || table.privileges.includes('OWNER')) continue;
    const { user } = context.catalog.server;
    refuse(
      'LS6503',
      `\`${sqlName(table)}\` belongs to \`${table.owner}\`, not to \`${user}\`.`,
      `GRANT ${table.owner} TO ${user}`,
    );
    sound = false;
  }
  if (!restsOnUniqueColumns(mapping)) {
    const columns = mapping.key.flatMap(({ plainColumn }) => plainColumn ?? []).join(', ');
    const help =
      columns === ''
        ? 'map the key from columns of the source'
        : `CREATE UNIQUE INDEX ON ${sqlName(source)} (${columns})`;
    refuse('LS6501', `No unique index of \`${sqlName(source)}\` says that \`${mapping.name}\` is one to one.`, help);
    sound = false;
  }
  const keys = [...mapping.key, ...keyColumns({ mapping }), ...(mapping.reverse?.key ?? [])];
  for (const { name, type, ...column } of keys) {
    const why = whyNoKeyText({ name, type, ...column });
    if (why === undefined) continue;
    refuse('LS6531', `The key column ${name} is \`${type}\`: ${why}.`, 'name another `key`');
    sound = false;
    break;
  }
  for (const { name, definition } of withPartitions(source, context.catalog).flatMap(({ triggers }) => triggers)) {
    const order = Buffer.compare(
      Buffer.from(name),
      Buffer.from(/ AFTER /.test(definition) ? FIRST_TRIGGER : LAST_TRIGGER),
    );
    const changesRow = / BEFORE .*\bUPDATE\b.* FOR EACH ROW /.test(definition);
    if (/ AFTER /.test(definition) ? order > 0 : order < 0 || !changesRow) continue;
    refuse(
      'LS6502',
      `\`${name}\` of \`${sqlName(source)}\` would come ${changesRow ? 'last' : 'first'}.`,
      'ALTER TRIGGER … RENAME TO a name that begins with a letter',
    );
    sound = false;
  }
  if (walkOfTarget(mapping, context) === undefined) return undefined;
  const mirror = mirrorOf(mapping, windowName(context.plan, context.step), context, path);
  return sound ? mirror : undefined;
}

/** `oneToOneByIndex` also takes what a later proof by reading would show; a mirror needs the index itself. */
function restsOnUniqueColumns({ oneToOneByIndex, source, key }: Mapping): boolean {
  if (!oneToOneByIndex) return false;
  const plain = key.flatMap(({ plainColumn }) => plainColumn ?? []);
  return uniqueKeysOf(source).some(({ columns }) => columns.every((column) => plain.includes(column)));
}
