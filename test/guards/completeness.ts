/**
 * A kind or a check is complete when a person can read about it, an editor explains it, both a plan that is right and one
 * that is wrong show it, and a test has run it on a real server. A kind also says how it is taken back.
 */
import type { JsonSchema } from '../../src/kernel/json-schema.js';
import type { SourceFile, Violation } from './source-file.js';

export interface Described {
  readonly name: string;
  readonly schema: JsonSchema;
}

/** `files`: those of src, docs and test. */
export function kindViolations(files: readonly SourceFile[], kinds: readonly Described[]): readonly Violation[] {
  return kinds.flatMap((kind) => {
    const { name } = kind;
    const page = files.find(({ path }) => path === `docs/steps/${name}.md`);
    const lacks: string[] = [];
    if (!isDescribed(kind.schema)) lacks.push('a description in its schema');
    if (page === undefined) lacks.push(`a page docs/steps/${name}.md`);
    else
      for (const section of SECTIONS)
        if (!hasSection(page.text, section)) lacks.push(`a section "${section}" in ${page.path}`);
    const file = name.replaceAll('_', '-');
    const folder = new RegExp(`^src/steps/${file}/.*\\.ts$`);
    const source = files.filter(({ path }) => folder.test(path));
    if (!source.some(({ text }) => WAY_BACK.test(text)))
      lacks.push(`a way back: no operation in src/steps/${file} has a reversal`);
    lacks.push(...fixturesLacking(files, new RegExp(`^(?:[ -]+)${name}:`, 'm')));
    const tests = new RegExp(`^test/integration/steps/${file}(-[a-z0-9-]+)?\\.test\\.ts$`);
    if (!files.some(({ path, text }) => tests.test(path) && text.includes(name)))
      lacks.push(`an integration test test/integration/steps/${file}.test.ts`);
    return lacks.map((what) => ({ at: `step kind ${name}`, rule: `lacks ${what}` }));
  });
}

export function checkViolations(files: readonly SourceFile[], checks: readonly Described[]): readonly Violation[] {
  const page = files.find(({ path }) => path === 'docs/checks.md');
  return checks.flatMap(({ name, schema }) => {
    const lacks: string[] = [];
    if (!isDescribed(schema)) lacks.push('a description in its schema');
    if (page === undefined || !new RegExp(`^\\| \`${name}\``, 'm').test(page.text))
      lacks.push('a line in the table of docs/checks.md');
    lacks.push(...fixturesLacking(files, new RegExp(`^[ -]*- ${name}:`, 'm')));
    const named = new RegExp(`['"\`]${name}['"\`]|\\b${name}:`);
    if (!files.some(({ path, text }) => path.startsWith('test/integration/checks/') && named.test(text)))
      lacks.push('an integration test in test/integration/checks that names it');
    return lacks.map((what) => ({ at: `check ${name}`, rule: `lacks ${what}` }));
  });
}

/** Of its own, or where checks and windows are made: their operations have one. */
const WAY_BACK = /\breversal\b|\bcheckOperations\b|'\.\.\/\.\.\/windows\/(?!window\.js)/;

const SECTIONS = ['Problem', 'Solution', 'Locks taken', 'Way back', 'Instead of'];

/** The heading, with something below it. */
function hasSection(markdown: string, title: string): boolean {
  const [, body = ''] =
    new RegExp(`^## ${title}[^\\n]*\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(markdown) ?? [];
  return body.trim() !== '';
}

function fixturesLacking(files: readonly SourceFile[], used: RegExp): readonly string[] {
  return (['ok', 'err'] as const)
    .filter((folder) => {
      const inFolder = new RegExp(`^test/fixtures/${folder}/[^/]+\\.yaml$`);
      return !files.some(({ path, text }) => inFolder.test(path) && used.test(text));
    })
    .map((folder) => `a fixture in test/fixtures/${folder}`);
}

/** Every field that a person can write says what it is for, however deep it stands. */
export function isDescribed(schema: JsonSchema): boolean {
  if ('$ref' in schema) return true;
  if (typeof schema.description !== 'string' || schema.description.length < 5) return false;
  return Object.values((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>).every(isDescribed);
}
