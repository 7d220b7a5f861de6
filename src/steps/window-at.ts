/** A window that a step names, and what the operations on it must know of the catalog. */
import { report } from '../catalog/scope.js';
import type { Path } from '../kernel/path.js';
import { sqlName, textsOf } from '../mapping/mapping.js';
import type { Mirror, TablesWindow } from '../windows/between-tables/tables-window.js';
import { formOf } from '../windows/window-forms.js';
import { withPartitions } from './fitness.js';
import { WINDOW_CODES } from './window-codes.js';
import type { LowerContext } from './step-definition.js';
import type { Window } from '../windows/window.js';

/** Open and filled there; undefined where something was reported. */
export function openWindowAt(id: string, path: Path, context: LowerContext): Window | undefined {
  const ofOtherPlan = id.includes('/');
  const window = ofOtherPlan ? context.windowOfOtherPlan(id, path) : context.windows.get(id);
  if (ofOtherPlan && window === undefined) return undefined;
  if (window?.broken === true) return undefined;
  const refuse = (code: 'LS6504' | 'LS6505', detail: string, help: string): undefined => {
    report(context, WINDOW_CODES, code, context.locate(path), { detail, help });
  };
  if (window === undefined) {
    refuse('LS6504', `No step before opens a window \`${id}\`.`, 'name a step before this one that opens a window');
    return;
  }
  if (window.leads === null) {
    refuse('LS6504', `\`${id}\` is closed already.`, 'leave it out');
    return;
  }
  const open = formOf(window).unfilled(window);
  if (open.length === 0) return window;
  const detail = `No step fills ${open.join(', ')}.`;
  refuse('LS6505', detail, `add \`backfill: { mappings: [${open.join(', ')}] }\` between \`${id}\` and this step`);
}

/** The open window that keeps a mapping in step. */
export function openWindowOver(mapping: string, { windows }: Pick<LowerContext, 'windows'>): TablesWindow | undefined {
  return [...windows.values()].find(
    (window): window is TablesWindow =>
      window.kind === 'tables' &&
      window.ofOtherPlan !== true &&
      window.leads !== null &&
      window.mirrors.some((mirror) => mirror.mapping.name === mapping),
  );
}

/** Keys of a table and of its partitions; of one that a step before has taken away, which was refused there (`LS6520`), itself. */
export function familyOf({ catalog }: LowerContext): (table: string) => readonly string[] {
  return (table) => {
    const relation = catalog.relations[table];
    return relation === undefined ? [table] : withPartitions(relation, catalog).map(sqlName);
  };
}

export function readsOfMirror(context: LowerContext): (mirror: Mirror) => readonly string[] {
  return ({ mapping }) => textsOf(mapping).flatMap((text) => context.readsOf('condition', text));
}
