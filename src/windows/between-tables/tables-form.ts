/** The form of a window between tables: mirrors, mapping by mapping. */
import type { WindowForm } from '../window-forms.js';
import { differencesOf } from './compare-window.js';
import { restoreMirrors, storeMirrors, tablesOfMirrors, type StoredMirrors } from './store-mirrors.js';
import type { TablesWindow } from './tables-window.js';
import { whatBreaksMirror } from './what-breaks-mirror.js';

export const tablesForm: WindowForm<TablesWindow> = {
  unfilled: ({ mirrors, filled }) =>
    mirrors.map(({ mapping }) => mapping.name).filter((name) => !filled.includes(name)),
  isEmpty: () => false,
  differences: differencesOf,
  whatBreaks: ({ mirrors }, before, after, grammar) =>
    mirrors.flatMap((mirror) => whatBreaksMirror(mirror, before, after, grammar)),
  withToday: (window) => window,
  store: storeMirrors,
  tablesOf: (stored) => tablesOfMirrors(stored as StoredMirrors),
  restore: (stored, base, relations) => ({
    ...base,
    ...restoreMirrors(stored as StoredMirrors, base.name, relations),
  }),
};
