/**
 * The floors of the house: a file imports from its own folder and from lower floors only, and folders on one floor never
 * import each other. So each floor can be read, tested and replaced knowing only what lies below it.
 */
import { importsOf } from './imports-of.js';
import { folderOf, typeScript, type SourceFile, type Violation } from './source-file.js';

/** From the ground up. */
export const FLOORS: readonly (readonly string[])[] = [
  ['kernel'],
  ['graph', 'sql'],
  ['catalog'],
  ['operation', 'mapping'],
  ['checks'],
  ['windows'],
  ['steps'],
  ['document'],
  ['planner'],
  ['executor'],
  ['postgres', 'report'],
  ['commands', 'render'],
  ['rehearsal'],
  ['cli'],
];

export function floorViolations(files: readonly SourceFile[]): readonly Violation[] {
  return typeScript(files).flatMap((file) => [
    ...homeless(file),
    ...badImports(file),
    ...badKindImports(file),
    ...badFormImports(file),
  ]);
}

function floorOf(folder: string): number {
  return FLOORS.findIndex((folders) => folders.includes(folder));
}

function homeless({ path }: SourceFile): readonly Violation[] {
  const folder = folderOf(path);
  if (folder === null) {
    if (path === 'src/index.ts') return [];
    return [{ at: path, rule: 'stands in no folder: every file but src/index.ts has a floor' }];
  }
  if (floorOf(folder) !== -1) return [];
  return [{ at: path, rule: `src/${folder} is on no floor: add it to FLOORS and to docs/architecture.md` }];
}

function badImports(file: SourceFile): readonly Violation[] {
  const folder = folderOf(file.path);
  return importsOf(file).flatMap(({ at, target, own }): readonly Violation[] => {
    if (!own) return [];
    if (!target.startsWith('src/'))
      return [{ at, rule: `${target} is outside src: what is shipped must not need the rest of the repository` }];
    const other = folderOf(target);
    if (other === null)
      return [{ at, rule: `${target} is the public face of all floors: nothing inside may lean on it` }];
    if (folder === other) return [];
    if (folder === null) {
      // The public face shows what programs may call; a terminal is not among it.
      return other === 'cli' ? [{ at, rule: `src/index.ts imports src/cli: a library has no argv` }] : [];
    }
    const [own_, theirs] = [floorOf(folder), floorOf(other)];
    if (theirs === -1) return [{ at, rule: `src/${other} is on no floor` }];
    if (theirs > own_)
      return [
        {
          at,
          rule: `src/${folder} (floor ${own_}) imports src/${other} (floor ${theirs}): a file imports lower floors only, so that each floor can be understood and tested without what stands on it`,
        },
      ];
    if (theirs === own_)
      return [
        {
          at,
          rule: `src/${folder} and src/${other} are both on floor ${own_}: folders on one floor never import each other, so that either can change alone; what both need belongs below`,
        },
      ];
    return [];
  });
}

/** The list of all kinds, and what hands the work of one to the others. */
const KNOW_KINDS: ReadonlySet<string> = new Set(['src/steps/registry.ts', 'src/steps/definitions.ts']);

/** A kind is one folder. It knows what all kinds share, never another kind. */
function badKindImports(file: SourceFile): readonly Violation[] {
  const kind = kindFolderOf(file.path);
  return importsOf(file).flatMap(({ at, target }) => {
    const other = kindFolderOf(target);
    if (other === null || other === kind || KNOW_KINDS.has(file.path)) return [];
    const rule = file.path.startsWith('src/steps/')
      ? `reaches into the step kind ${other}: only the registry knows all kinds; what several need stands in src/steps itself`
      : `reaches into the step kind ${other}: only src/steps knows step kinds, so that adding one touches nothing else`;
    return [{ at, rule }];
  });
}

function kindFolderOf(path: string): string | null {
  return /^src\/steps\/([^/]+)\//.exec(path)?.[1] ?? null;
}

/** A form of window is one room of `src/windows`. What several forms need stands in `src/windows` itself. */
function badFormImports(file: SourceFile): readonly Violation[] {
  const form = formRoomOf(file.path);
  if (form === null) return [];
  return importsOf(file).flatMap(({ at, target }) => {
    const other = formRoomOf(target);
    if (other === null || other === form) return [];
    return [
      {
        at,
        rule: `reaches into the form of window ${other}: forms know nothing of each other, so that one can be added`,
      },
    ];
  });
}

function formRoomOf(path: string): string | null {
  return /^src\/windows\/([^/]+)\//.exec(path)?.[1] ?? null;
}
