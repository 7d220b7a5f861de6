/** Steps that change what an open window stands on: refused by the name of the window, whatever their kind. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { report } from '../catalog/scope.js';
import type { LowerContext } from '../steps/step-definition.js';
import { WINDOW_CODES } from '../steps/window-codes.js';
import { whatBreaksMirror, whatBreaksTwins, whatMayBreakMirror } from '../windows/what-breaks-mirror.js';
import { isOfColumns, type AnyWindow } from '../windows/column-window.js';

/** `moved`: windows that the step itself opens or changes. */
export function refuseUnderneath(
  context: LowerContext,
  after: CatalogSnapshot,
  moved: readonly Pick<AnyWindow, 'id'>[],
): void {
  const { catalog: before, grammar } = context;
  const refuse = (window: string, what: string, help: string): void =>
    report(context, WINDOW_CODES, 'LS6520', context.locate(context.path), {
      detail: `\`${window}\` keeps it in step: ${what}.`,
      help,
    });
  for (const window of context.windows.values()) {
    if (window.leads === null || window.broken === true || moved.some(({ id }) => id === window.id)) continue;
    const found = isOfColumns(window)
      ? whatBreaksTwins(window, before, after)
      : window.mirrors.flatMap((mirror) => whatBreaksMirror(mirror, before, after, grammar));
    for (const what of new Set(found))
      refuse(window.id, what, `put the step before \`${window.id}\`, or behind the \`close\` of it`);
  }
  // The plan's own are those above, also where a run of it has opened them already.
  for (const relation of Object.values(before.relations)) {
    const others = (relation.windows ?? []).filter((name) => !isOf(context.plan, name));
    if (others.length === 0) continue;
    for (const what of whatMayBreakMirror(relation, before, after))
      for (const window of others)
        refuse(window, what, `close \`${window}\`, or take its run back, before this plan is applied`);
  }
}

/** A name that was cut may end before the step. */
function isOf(plan: string, window: string): boolean {
  const [kept, digest] = window.split('~');
  return window.startsWith(`${plan}/`) || (digest !== undefined && `${plan}/`.startsWith(kept!));
}
