/** One plan for several targets: what is not for a target leaves no trace in its graph. */
import { describe, expect, it } from 'vitest';
import { placeOfCheck } from '../../../src/commands/check-place.js';
import type { Plan } from '../../../src/document/plan.js';
import { readPlan } from '../../../src/document/read-plan.js';
import { compilePlan, type CompiledPlan } from '../../../src/planner/compile-plan.js';
import { loadGrammar } from '../../../src/sql/grammar.js';
import { readGoldenCatalog } from '../../support/goldens/golden-catalog.js';

const PLAN = `lockstep: 1
name: targets
invariants:
  - { only: [dev], empty: users }
  - { row_count: { table: users, at_least: 0 } }
steps:
  - id: archive
    only: [prod]
    sql: { up: CREATE TABLE archive (id int), down: DROP TABLE archive, creates: [archive] }
  - id: proof
    needs: [archive]
    when:
      - { only: [prod], exists: { table: archive } }
    verify:
      - { only: [prod], empty: archive }
      - { no_nulls: { table: users, columns: [id] } }
`;

async function read(text: string, chosen: string | null): Promise<Plan> {
  const outcome = await readPlan('p.yaml', text, { set: {}, env: {}, targets: { known: ['prod', 'dev'], chosen } });
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ detail }) => detail).join('\n'));
  return outcome.value;
}

async function compile(plan: Plan): Promise<CompiledPlan> {
  const compiled = compilePlan(plan, readGoldenCatalog('shop').catalog, {
    grammar: await loadGrammar(),
    fingerprint: (keys) => keys.join(),
  });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ detail }) => detail).join('\n'));
  return compiled.value;
}

const idsOf = ({ graph }: CompiledPlan): readonly string[] => graph.operations.map(({ id }) => id);

describe('a plan with `only`', () => {
  it('has a graph of its own for each target', async () => {
    const [prod, dev] = [await compile(await read(PLAN, 'prod')), await compile(await read(PLAN, 'dev'))];
    expect([prod.graph.target, dev.graph.target]).toEqual(['prod', 'dev']);
    expect(prod.digest).not.toBe(dev.digest);
    expect(prod.graph.steps.map(({ id }) => id)).toEqual(['archive', 'proof']);
    expect(dev.graph.steps.map(({ id, skipped }) => [id, skipped])).toEqual([['proof', null]]);
    expect(idsOf(prod)).toContain('proof/verify/1-empty');
    expect(idsOf(prod)).not.toContain('begin/invariant/1-empty');
    expect(idsOf(dev)).toEqual([
      'begin/invariant/1-empty',
      'begin/invariant/2-row_count',
      'proof/verify/1-no_nulls',
      'proof/invariant/1-empty',
      'proof/invariant/2-row_count',
    ]);
  });

  it('is another plan for another target, also where it is read', async () => {
    const digests = await Promise.all(['prod', 'dev'].map(async (target) => (await read(PLAN, target)).sourceDigest));
    expect(new Set(digests).size).toBe(2);
    const same = PLAN.replaceAll(/only: \[\w+\],? ?/g, '').replace('    \n', '');
    const [prod, dev] = [await read(same, 'prod'), await read(same, 'dev')];
    expect([prod.saysOnly, prod.target, prod.sourceDigest]).toEqual([false, null, dev.sourceDigest]);
    expect((await compile(prod)).graph).not.toHaveProperty('target');
  });

  it('finds the place of a check behind one that is not for the target', async () => {
    const lineOf = async (target: string, id: string): Promise<number | undefined> =>
      placeOfCheck(id, await read(PLAN, target))?.start.line;
    expect(await lineOf('dev', 'proof/verify/1-no_nulls')).toBe(16);
    expect(await lineOf('prod', 'proof/verify/2-no_nulls')).toBe(16);
    expect(await lineOf('prod', 'begin/invariant/1-row_count')).toBe(5);
  });

  it('has nothing to do where no step is left, not even to ask what must hold', async () => {
    const steps = PLAN.replace('  - id: proof', '  - id: proof\n    only: [prod]');
    const { graph } = await compile(await read(steps, 'dev'));
    expect([graph.steps, graph.operations]).toEqual([[], []]);
  });
});
