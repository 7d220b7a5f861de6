/** A plan that has goldens, compiled without a server against the catalog that stands in its file. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { NO_TARGETS } from '../../../src/document/check-targets.js';
import type { ReadInclude } from '../../../src/document/include-files.js';
import { readPlan } from '../../../src/document/read-plan.js';
import { hasErrors, type Diagnostic } from '../../../src/kernel/diagnostic.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { compilePlan } from '../../../src/planner/compile-plan.js';
import { renderDiagnostics } from '../../../src/render/diagnostic-frame.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import { loadGrammar } from '../../../src/sql/grammar.js';
import { readGoldenCatalog } from './golden-catalog.js';
import type { GoldenPlan } from './golden-plans.js';

export interface CompiledGolden {
  readonly graph: OperationGraph;
  readonly warnings: readonly Diagnostic[];
}

/** Throws, with what a person would see, where the plan does not compile. */
export async function compileGolden({ file, against }: Pick<GoldenPlan, 'file' | 'against'>): Promise<CompiledGolden> {
  const text = readFileSync(file, 'utf8');
  const refuse = (diagnostics: readonly Diagnostic[]): never => {
    throw new Error(renderDiagnostics(diagnostics, (span) => (span.file === file ? text : undefined), PLAIN_STYLE));
  };
  const read = await readPlan(file, text, { ...saidAtHead(text), readInclude: readBeside(file) });
  if (!read.ok) return refuse(read.diagnostics);
  const { catalog, windows } = readGoldenCatalog(against);
  const compiled = compilePlan(read.value, catalog, {
    grammar: await loadGrammar(),
    // That of a database is a digest of what the server says; here it is told what it covers.
    fingerprint: (relations) => `of ${relations.join(', ') || 'nothing'}`,
    windows: windows.filter(({ name }) => !name.startsWith(`${read.value.name}/`)),
  });
  if (!compiled.ok || hasErrors(compiled.diagnostics)) return refuse(compiled.diagnostics);
  return { graph: compiled.value.graph, warnings: [...read.diagnostics, ...compiled.diagnostics] };
}

/** What a plan is read with, from the comments at its head; test/fixtures/README.md has the list. */
export function saidAtHead(text: string): Pick<Parameters<typeof readPlan>[2], 'set' | 'env' | 'targets'> {
  const given = (word: string): Record<string, string> =>
    Object.fromEntries(
      [...text.matchAll(new RegExp(`^# ${word}: ([^=\\n]+)=(.*)$`, 'gm'))].map(([, name, value]) => [name!, value!]),
    );
  const [, known] = /^# targets: (.*)$/m.exec(text) ?? [];
  const [, chosen = null] = /^# target: (.*)$/m.exec(text) ?? [];
  const targets = known === undefined && chosen === null ? NO_TARGETS : { known: known?.split(', ') ?? [], chosen };
  return { set: given('set'), env: given('env'), targets };
}

function readBeside(plan: string): ReadInclude {
  return (name) => {
    const path = join(dirname(plan), name);
    return existsSync(path) ? { name, text: readFileSync(path, 'utf8') } : undefined;
  };
}
