/** Steps that change what an open window stands on: refused by the name of the window, whatever their kind. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { report } from '../catalog/scope.js';
import type { LowerContext } from '../steps/step-definition.js';
import { WINDOW_CODES } from '../steps/window-codes.js';
import { whatMayBreak } from '../windows/what-changes-under.js';
import { formOf } from '../windows/window-forms.js';
import type { OtherWindow } from './other-windows.js';
import { isOf } from '../windows/window-name.js';
import type { Window } from '../windows/window.js';

/** `moved`: windows that the step itself opens or changes. */
export function refuseUnderneath(
  context: LowerContext,
  after: CatalogSnapshot,
  moved: readonly Pick<Window, 'id'>[],
  { others }: { readonly others: ReadonlyMap<string, OtherWindow> },
): void {
  const { catalog: before, grammar } = context;
  const refuse = (window: string, what: string, help: string): void =>
    report(context, WINDOW_CODES, 'LS6520', context.locate(context.path), {
      detail: `\`${window}\` keeps it in step: ${what}.`,
      help,
    });
  const look = (window: Window, help: string): void => {
    if (window.leads === null || window.broken === true || moved.some(({ id }) => id === window.id)) return;
    for (const what of new Set(formOf(window).whatBreaks(window, before, after, grammar)))
      refuse(window.id, what, help);
  };
  for (const window of context.windows.values()) look(window, windowHelp(window));
  const leftOpen = [...others.values()].flatMap(({ window }) => window ?? []);
  for (const window of leftOpen) if (!context.windows.has(window.id)) look(window, beforeThisPlan(window.id));
  // Of those whose run has kept nothing the catalog still knows the names. The plan's own are those above, also where a run of it
  // has opened them already.
  for (const relation of Object.values(before.relations)) {
    const unknown = (relation.windows ?? []).filter(
      (label) => !isOf(context.plan, label) && !leftOpen.some(({ name }) => isCalled(name, label)),
    );
    if (unknown.length === 0) continue;
    for (const what of whatMayBreak(relation, before, after))
      for (const window of unknown) refuse(window, what, beforeThisPlan(window));
  }
}

function windowHelp({ id, ofOtherPlan }: Window): string {
  return ofOtherPlan === true
    ? `put the step behind the \`close\` of \`${id}\``
    : `put the step before \`${id}\`, or behind the \`close\` of it`;
}

function beforeThisPlan(window: string): string {
  return `close \`${window}\`, or take its run back, before this plan is applied`;
}

function isCalled(name: string, label: string): boolean {
  const [kept, digest] = label.split('~');
  return label === name || (digest !== undefined && name.startsWith(kept!));
}
