/**
 * A plan saved after it was compiled: the text with its values, the graph, and what the catalog was. Approved as it is,
 * run as it is: `apply` compiles the text again and refuses where anything differs. Owns the file's shape and what a
 * difference is.
 */
import { writeFile } from 'node:fs/promises';
import { diffFingerprints, restrictTo, type Definitions } from '../catalog/fingerprint.js';
import type { Plan } from '../document/plan.js';
import { canonicalJson } from '../kernel/digest.js';
import { touchedBy } from '../operation/definition-scope.js';
import { graphDigest, type OperationGraph } from '../operation/operation-graph.js';
import type { Operation } from '../operation/operation.js';
import type { Estimates, ServerLine } from '../report/plan-report.js';
import { serverLineOf, type CompiledForDatabase } from './compile-for-database.js';

export interface SavedPlan {
  readonly lockstep: 1;
  readonly saved: 'plan';
  /** The plan file's name as it was given; nothing is read from it again. */
  readonly file: string;
  readonly text: string;
  /** The files whose text belongs to the plan, by the name that it writes; absent where there are none. */
  readonly files?: Plan['files'];
  /** The values of all params. */
  readonly set: Readonly<Record<string, string>>;
  readonly digest: string;
  readonly graph: OperationGraph;
  /** Of the relations that the plan touches, as they were. */
  readonly definitions: Definitions;
  readonly description: string | null;
  readonly server: ServerLine;
  readonly estimates: Estimates;
}

/** Canonical bytes: the same plan against the same catalog gives the same file. Rejects where it cannot be written. */
export async function savePlan(
  path: string,
  plan: Plan,
  { compiled, definitions, estimates, schemaFile }: CompiledForDatabase,
): Promise<void> {
  const { graph, digest } = compiled!;
  const saved: SavedPlan = {
    lockstep: 1,
    saved: 'plan',
    file: plan.source.file,
    text: plan.source.text,
    ...(Object.keys(plan.files).length > 0 && { files: plan.files }),
    set: Object.fromEntries(Object.entries(plan.params).map(([name, value]) => [name, String(value)])),
    digest,
    graph,
    definitions: restrictTo(definitions, touchedBy(graph)),
    description: plan.description,
    server: serverLineOf(compiled!, schemaFile),
    estimates,
  };
  await writeFile(path, `${canonicalJson(saved)}\n`);
}

/** Undefined: the text is no saved plan. `broken`: it is one, and its digest is not that of its graph. */
export function readSavedPlan(text: string): SavedPlan | 'broken' | undefined {
  if (!text.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const saved = value as Partial<SavedPlan>;
  if (saved.saved !== 'plan' || saved.lockstep !== 1) return undefined;
  return saved.graph !== undefined && graphDigest(saved.graph) === saved.digest ? (saved as SavedPlan) : 'broken';
}

/** What is otherwise than it was saved, a line each; empty: exactly what was saved would run. */
export function differencesFrom(saved: SavedPlan, { compiled, definitions }: CompiledForDatabase): readonly string[] {
  const graph = compiled!.graph;
  if (compiled!.digest === saved.digest) return [];
  const touched = [...new Set([...touchedBy(saved.graph), ...touchedBy(graph)])];
  const catalog = diffFingerprints(saved.definitions, restrictTo(definitions, touched)).map((change) => change.line);
  const lines = [...catalog, ...operationChanges(saved.graph.operations, graph.operations)];
  return lines.length > 0 ? lines : [`digest: ${saved.digest} → ${compiled!.digest}`];
}

function operationChanges(before: readonly Operation[], after: readonly Operation[]): readonly string[] {
  const old = new Map(before.map((operation) => [operation.id, canonicalJson(operation)]));
  const now = new Map(after.map((operation) => [operation.id, canonicalJson(operation)]));
  return [
    ...[...old.keys()].filter((id) => !now.has(id)).map((id) => `removed operation ${id}`),
    ...[...now.keys()].filter((id) => !old.has(id)).map((id) => `added operation ${id}`),
    ...[...now].filter(([id, text]) => old.has(id) && old.get(id) !== text).map(([id]) => `changed operation ${id}`),
  ];
}
