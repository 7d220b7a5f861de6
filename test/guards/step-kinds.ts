/**
 * Only `src/steps` knows step kinds. Everything else works on what a kind lowers itself to, so a new kind touches its own
 * folder and nothing else; a comparison with a kind's name elsewhere is the first of the eight files that it would touch.
 */
import ts from 'typescript';
import { folderOf, nodesOf, placeOf, typeScript, type SourceFile, type Violation } from './source-file.js';

/** Words that another vocabulary has too, and the folders that speak it. A `step.kind` is never compared with any. */
const OTHER_VOCABULARIES: Readonly<Record<string, { readonly folders: readonly string[]; readonly means: string }>> = {
  gate: {
    folders: ['operation', 'executor', 'postgres', 'report', 'render', 'commands', 'rehearsal', 'cli'],
    means: 'the operation that holds a run back, one of the closed vocabulary of src/operation',
  },
  sql: {
    folders: ['checks', 'document', 'render', 'cli'],
    means: 'a field that holds SQL, the slot of such a field, the `rollback: { sql }` of any step, the option --sql',
  },
  cutover: { folders: ['windows'], means: 'the operation in which the side changes that leads in a window' },
  verify: { folders: ['cli', 'render', 'commands'], means: 'the command `lockstep verify`' },
};

export function stepKindViolations(files: readonly SourceFile[], kinds: readonly string[]): readonly Violation[] {
  const quoted = new RegExp(`['"\`](${kinds.join('|')})['"\`]`);
  const outside = typeScript(files).filter(({ path, text }) => folderOf(path) !== 'steps' && quoted.test(text));
  return outside.flatMap((file) => [...nodesOf(file)].flatMap((node) => violationsAt(node, kinds)));
}

function violationsAt(node: ts.Node, kinds: readonly string[]): readonly Violation[] {
  const word = ts.isStringLiteralLike(node) ? node.text : undefined;
  if (word === undefined || !kinds.includes(word) || isModuleName(node)) return [];
  const at = placeOf(node);
  if (isComparedWithStepKind(node)) {
    return [{ at, rule: `asks a step whether it is a '${word}': only src/steps knows step kinds` }];
  }
  const folder = folderOf(node.getSourceFile().fileName) ?? '';
  if (OTHER_VOCABULARIES[word]?.folders.includes(folder) === true) return [];
  return [{ at, rule: `names the step kind '${word}': only src/steps knows step kinds` }];
}

function isModuleName(node: ts.Node): boolean {
  return ts.isImportDeclaration(node.parent) || ts.isExportDeclaration(node.parent);
}

/** `step.kind === 'gate'`, `switch (plan.steps[0].kind) { case 'gate': … }`. */
function isComparedWithStepKind(literal: ts.Node): boolean {
  const { parent } = literal;
  if (ts.isBinaryExpression(parent)) return isStepKind(parent.left) || isStepKind(parent.right);
  if (ts.isCaseClause(parent)) return isStepKind(parent.parent.parent.expression);
  return false;
}

function isStepKind(expression: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'kind') return false;
  return /step/i.test(expression.expression.getText());
}
