/**
 * Codes of diagnostics: each declared once, in a table of the folder that reports it, and each reported somewhere. People
 * search the documentation for a code, so one that means two things, or nothing, sends them astray.
 */
import ts from 'typescript';
import { nodesOf, placeOf, typeScript, type SourceFile, type Violation } from './source-file.js';

const CODE = /^LS\d{4}$/;

export function codeViolations(files: readonly SourceFile[]): readonly Violation[] {
  const declared = new Map<string, string>();
  const used = new Map<string, string>();
  const violations: Violation[] = [];
  for (const file of typeScript(files).filter(({ text }) => /LS\d{4}/.test(text))) {
    const isTable = /codes(-[a-z]+)?\.ts$/.test(file.path);
    for (const node of nodesOf(file)) {
      if (ts.isStringLiteralLike(node) && CODE.test(node.text))
        used.set(node.text, used.get(node.text) ?? placeOf(node));
      if (!ts.isPropertyAssignment(node) || !CODE.test(node.name.getText())) continue;
      const code = node.name.getText();
      const first = declared.get(code);
      if (!isTable) used.set(code, placeOf(node));
      else if (first !== undefined) violations.push({ at: placeOf(node), rule: `${code} stands in ${first} already` });
      else declared.set(code, placeOf(node));
    }
  }
  for (const [code, at] of used)
    if (!declared.has(code)) violations.push({ at, rule: `${code} is in no table: \`explain\` knows nothing of it` });
  for (const [code, at] of declared)
    if (!used.has(code)) violations.push({ at, rule: `${code} is never reported: remove it` });
  return violations;
}
