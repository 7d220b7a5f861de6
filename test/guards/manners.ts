/** What a file looks like: its name, its length, its head, its exports. */
import { basename } from 'node:path';
import ts from 'typescript';
import { placeOf, syntaxOf, typeScript, type SourceFile, type Violation } from './source-file.js';

export const LONG = 250;

/** Names that say nothing: whatever is put there is not found again. */
const EMPTY_NAMES = /(^|-)(utils?|helpers?|managers?|services?|misc|common)(-|$)/;

/** A kind's `index.ts` is its table of contents, `src/index.ts` the public face. */
const MAY_BE_BARRELS = /^src\/index\.ts$|^src\/steps\/[^/]+\/index\.ts$/;

/** For code of every kind: sources, tests, scripts. */
export function mannersViolations(files: readonly SourceFile[]): readonly Violation[] {
  const code = files.filter(({ path }) => /\.(ts|js)$/.test(path));
  return [
    ...code.flatMap(names),
    ...typeScript(files).flatMap(length),
    ...typeScript(files).flatMap(head),
    ...code.flatMap(exportsOf),
    ...code.flatMap(hooks),
  ];
}

function names({ path }: SourceFile): readonly Violation[] {
  const stem = basename(path).replace(/(\.test)?\.(ts|js)$/, '');
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem))
    return [{ at: path, rule: 'is not named in kebab-case: one spelling, on every file system' }];
  if (path.split('/').some((part) => EMPTY_NAMES.test(part.replace(/\.[a-z.]+$/, ''))))
    return [{ at: path, rule: 'has a name that says nothing: name it after what it does' }];
  return [];
}

function length(file: SourceFile): readonly Violation[] {
  const lines = file.text.split('\n').length - 1;
  if (lines <= LONG || /\b[Ll]ong\b/.test(headOf(file))) return [];
  return [{ at: file.path, rule: `has ${lines} lines; above ${LONG} its head owes a reason: "Long, because …"` }];
}

function head(file: SourceFile): readonly Violation[] {
  const lines = file.text.split('\n').length - 1;
  if (lines < 10 || headOf(file) !== '') return [];
  return [{ at: file.path, rule: 'has no head: the first comment says what the file owns' }];
}

/** The comments before the first statement or right above it, if it is the first thing in the file. */
function headOf(file: SourceFile): string {
  const ranges = ts.getLeadingCommentRanges(file.text, ts.getShebang(file.text)?.length ?? 0) ?? [];
  return ranges.map(({ pos, end }) => file.text.slice(pos, end)).join('\n');
}

function exportsOf(file: SourceFile): readonly Violation[] {
  const isConfig = /\.config\.(ts|js)$/.test(file.path);
  const violations: Violation[] = [];
  // Exports stand at the top level only.
  for (const node of exportNodes(file)) {
    const isDefault =
      (ts.isExportAssignment(node) && node.isExportEquals !== true) ||
      (ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) === true) ||
      (ts.isExportSpecifier(node) && node.name.text === 'default');
    if (isDefault && !isConfig)
      violations.push({ at: placeOf(node), rule: 'has a default export: one name per thing, everywhere' });
    if (ts.isExportDeclaration(node) && isOwn(node.moduleSpecifier) && !MAY_BE_BARRELS.test(file.path))
      violations.push({ at: placeOf(node), rule: 'exports what another file owns: import it from there' });
  }
  return [...violations, ...importedAgain(file)];
}

function exportNodes(file: SourceFile): readonly ts.Node[] {
  return syntaxOf(file).statements.flatMap((statement): readonly ts.Node[] => {
    const clause = ts.isExportDeclaration(statement) ? statement.exportClause : undefined;
    return clause !== undefined && ts.isNamedExports(clause) ? [statement, ...clause.elements] : [statement];
  });
}

/** A package may be shown by its home. */
function isOwn(specifier: ts.Expression | undefined): boolean {
  return specifier !== undefined && ts.isStringLiteral(specifier) && specifier.text.startsWith('.');
}

/** `import { a } …; export { a };` is a barrel too. */
function importedAgain(file: SourceFile): readonly Violation[] {
  if (MAY_BE_BARRELS.test(file.path)) return [];
  const imported = new Set<string>();
  const violations: Violation[] = [];
  for (const statement of syntaxOf(file).statements) {
    if (ts.isImportDeclaration(statement) && isOwn(statement.moduleSpecifier)) {
      const bindings = statement.importClause?.namedBindings;
      if (bindings !== undefined && ts.isNamedImports(bindings))
        bindings.elements.forEach((element) => imported.add(element.name.text));
    }
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier !== undefined) continue;
    const clause = statement.exportClause;
    if (clause === undefined || !ts.isNamedExports(clause)) continue;
    for (const element of clause.elements) {
      const name = (element.propertyName ?? element.name).text;
      if (imported.has(name))
        violations.push({ at: placeOf(element), rule: 'exports what another file owns: import it from there' });
    }
  }
  return violations;
}

const HOOKS = /^(before|after)(All|Each)$/;

/** The files of a worker share their modules: what a module does when it is loaded is done for the first of them alone. */
function hooks(file: SourceFile): readonly Violation[] {
  if (!file.path.startsWith('test/') || file.path.endsWith('.test.ts')) return [];
  return syntaxOf(file).statements.flatMap((statement) => {
    if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return [];
    if (!HOOKS.test(statement.expression.expression.getText())) return [];
    return [{ at: placeOf(statement), rule: 'is a hook of the first test file only: register it in a function' }];
  });
}
