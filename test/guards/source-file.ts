/**
 * What the guards look at: paths and texts of a tree, and their syntax. No type information, so that a guard costs
 * milliseconds and a seeded violation is a file of two lines.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface SourceFile {
  /** From the root of the repository, with slashes: `src/kernel/span.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  /** Path, and line where there is one: `src/kernel/span.ts:3`. */
  readonly at: string;
  readonly rule: string;
}

/** All files below the folders that exist, sorted by path. */
export function readTree(root: string, folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((full) => ({
      path: full.slice(root.length + 1).replaceAll('\\', '/'),
      text: readFileSync(full, 'utf8'),
    }));
}

/** The folder right below `src`, or null for a file that stands there itself. */
export function folderOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

export function typeScript(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.filter(({ path }) => path.startsWith('src/') && path.endsWith('.ts'));
}

/** Parsed once per file, however many guards look at it. */
export function syntaxOf(file: SourceFile): ts.SourceFile {
  const known = PARSED.get(file);
  if (known !== undefined) return known;
  const parsed = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  PARSED.set(file, parsed);
  return parsed;
}

const PARSED = new WeakMap<SourceFile, ts.SourceFile>();

/** Every node of the file, outermost first. */
export function* nodesOf(file: SourceFile): Generator<ts.Node> {
  const rest: ts.Node[] = [syntaxOf(file)];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    yield node;
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => void children.push(child));
    rest.push(...children.reverse());
  }
}

export function placeOf(node: ts.Node): string {
  const source = node.getSourceFile();
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`;
}
