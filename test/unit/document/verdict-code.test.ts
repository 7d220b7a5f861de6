/** The verdicts that the build compiles are those that ajv, and the walk that finds the words, come to in the sources. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotatedAjv } from '../../../src/document/annotated-ajv.js';
import type { Verdicts } from '../../../src/document/compiled-verdicts.js';
import { CONFIGURATION_SCHEMA } from '../../../src/document/configuration.js';
import { planSchema } from '../../../src/document/plan-schema.js';
import { readYaml } from '../../../src/document/read-yaml.js';
import { problemsOf } from '../../../src/document/schema-validation.js';
import { allBranches, isObject, openSchema } from '../../../src/document/schema-walk.js';
import { verdictCode } from '../../../src/document/verdict-code.js';
import type { JsonSchema } from '../../../src/kernel/json-schema.js';

// Below node_modules, where what the code asks of ajv is found.
const folder = join(process.cwd(), 'node_modules', '.cache', `lockstep-verdicts-${process.pid}`);
let compiled: Readonly<Record<string, Verdicts>>;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'compiled-verdicts.mjs');
  writeFileSync(file, verdictCode());
  const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { COMPILED_VERDICTS: typeof compiled };
  compiled = module.COMPILED_VERDICTS;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const documents = ['ok', 'err'].flatMap((kind) =>
  readdirSync(`test/fixtures/${kind}`)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => {
      const read = readYaml(name, readFileSync(`test/fixtures/${kind}/${name}`, 'utf8'));
      return read.ok ? [read.value.value] : [];
    }),
);

const BLANK: readonly unknown[] = ['', ' ', '\u00a0\ufeff', [], {}, null, 0, true];

/** The value and everything in it. */
function partsOf(value: unknown): readonly unknown[] {
  const members: readonly unknown[] = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return [value, ...members.flatMap(partsOf)];
}

const parts = [...new Map(documents.flatMap(partsOf).map((part) => [JSON.stringify(part), part])).values()];

describe('verdictCode', () => {
  it.each([planSchema(), CONFIGURATION_SCHEMA])('agrees with ajv about whole documents', (schema) => {
    const { whole } = compiled[schema.$id as string]!;
    const accepts = annotatedAjv().compile(schema);
    const targets = [{ targets: { prod: { url: 'postgresql://a/b' } } }, { targets: {} }, { targets: { 'A b': {} } }];
    const verdicts = [...documents, ...targets, {}, null, 'x'].map((value) => {
      expect(whole(value), JSON.stringify(value)).toBe(accepts(value));
      return accepts(value);
    });
    expect(new Set(verdicts)).toEqual(new Set([true, false]));
  });

  it('agrees with ajv about right plans with one part replaced', () => {
    const schema = planSchema();
    const { whole } = compiled[schema.$id as string]!;
    const accepts = annotatedAjv().compile(schema);
    const right = documents.filter((value) => accepts(value)).map((value) => JSON.stringify(value));
    const counts = { right: 0, wrong: 0 };
    fc.assert(
      fc.property(fc.constantFrom(...right), fc.nat(80), fc.constantFrom(...BLANK), (text, at, part) => {
        let seen = 0;
        const value: unknown = JSON.parse(text, (_, old: unknown) => (seen++ === at ? part : old));
        counts[accepts(value) ? 'right' : 'wrong']++;
        expect(whole(value)).toBe(accepts(value));
      }),
      { numRuns: 4000 },
    );
    expect(Math.min(counts.right, counts.wrong)).toBeGreaterThan(100);
  });

  it('agrees with the walk about each branch', () => {
    const schema = planSchema();
    const open = openSchema(schema);
    const branches = [...allBranches(schema).keys()];
    const { branches: verdicts } = compiled[schema.$id as string]!;
    expect(verdicts).toHaveLength(branches.length);
    const place = { path: [], owner: undefined, noun: undefined, outer: undefined };
    const counts = { fits: 0, not: 0 };
    const values = fc.constantFrom(...BLANK, ...parts);
    fc.assert(
      fc.property(fc.nat(branches.length - 1), values, (index, value) => {
        const fits = problemsOf(open, branches[index]!, value, place).length === 0;
        counts[fits ? 'fits' : 'not']++;
        expect(verdicts[index]!(value)).toBe(fits);
      }),
      { numRuns: 4000 },
    );
    expect(Math.min(counts.fits, counts.not)).toBeGreaterThan(100);
  });

  it('refuses a schema that nobody would find again', () => {
    const nameless: JsonSchema = { type: 'object' };
    expect(() => verdictCode([nameless])).toThrow('without $id');
  });
});
