/** The modules that a file names: imports, type imports, re-exports, `import()` and `import('…')` types. */
import { posix } from 'node:path';
import ts from 'typescript';
import { nodesOf, placeOf, syntaxOf, type SourceFile } from './source-file.js';

export interface Import {
  readonly at: string;
  /** A path from the root for a file of the repository, with its `.ts`; else the name of a package or `node:` module. */
  readonly target: string;
  readonly own: boolean;
}

export function importsOf(file: SourceFile): readonly Import[] {
  // Only what loads in the middle of code makes it necessary to look there.
  const nodes = /\bimport\s*\(|\brequire\b|\bresolve\b/.test(file.text)
    ? [...nodesOf(file)]
    : syntaxOf(file).statements;
  return nodes.flatMap((node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return [];
    const own = specifier.startsWith('.');
    const target = own
      ? posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, '.ts')
      : packageName(specifier);
    return [{ at: placeOf(node), target, own }];
  });
}

function specifierOf(node: ts.Node): string | undefined {
  const named =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && isLoading(node.expression)
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : undefined;
  return named !== undefined && ts.isStringLiteralLike(named) ? named.text : undefined;
}

/** `import('x')`, `require('x')`, `require.resolve('x')`, `import.meta.resolve('x')`. */
function isLoading(called: ts.Expression): boolean {
  if (called.kind === ts.SyntaxKind.ImportKeyword) return true;
  const text = called.getText();
  return text === 'require' || text === 'require.resolve' || text === 'import.meta.resolve';
}

/** `pg` of `pg/lib/x`, `@scope/name` of `@scope/name/x`. */
function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
