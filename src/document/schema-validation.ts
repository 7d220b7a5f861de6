/**
 * Whether a document has the shape of a schema, said to a person: one diagnostic per mistake, at the key or value that
 * has to change. ajv decides; this file finds the words. Never ajv's own list, in which one misspelt key is five errors.
 */
import type { ErrorObject } from 'ajv';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { byPosition } from '../kernel/diagnostic.js';
import type { JsonSchema } from '../kernel/json-schema.js';
import type { Path } from '../kernel/path.js';
import type { Span } from '../kernel/span.js';
import { keyProblems } from './key-problems.js';
import type { OpenSchema } from './schema-walk.js';
import { allOf, branchesOf, describedParts, openSchema, requiredSets } from './schema-walk.js';
import type { SourceDocument } from './source-document.js';
import { listed, nameOfType, short, typesOf, valueProblem, wrongType } from './value-problems.js';

/** The problems in the order of the file; none means that ajv accepts the document's value. */
export function validateSchema(document: SourceDocument, schema: JsonSchema): readonly Diagnostic[] {
  const open = openSchema(schema);
  if (open.accepts(document.value)) return [];
  const place: Place = { path: [], owner: undefined, noun: undefined, outer: undefined };
  const found = problemsOf(open, schema, document.value, place);
  // A keyword that nobody found words for: the raw words are better than silence.
  if (found.length === 0)
    found.push({
      path: [],
      code: 'LS1110',
      summary: 'a value of no possible shape',
      detail: open.refusal(document.value),
    });
  const settled = found.filter(({ path }) => !document.isUnsettled(path));
  return settled.map((problem) => toDiagnostic(document, problem)).sort(byPosition);
}

/** What is wrong at a path. Becomes a diagnostic when it is clear that it is the one to show. */
export interface SchemaProblem extends Pick<Diagnostic, 'code' | 'summary' | 'detail' | 'help'> {
  readonly path: Path;
  /** `value` unless said; `first key` is the map itself, where a key is missing. */
  readonly part?: 'key' | 'value' | 'first key';
  readonly related?: { readonly message: string; readonly path: Path };
}

/** Where the walk stands, and how a person would call the place. */
export interface Place {
  readonly path: Path;
  /** The field that holds the map, where the schema gave it its name: `backfill`. */
  readonly owner: string | undefined;
  /** What the nearest map that has a word for itself is: "step". */
  readonly noun: string | undefined;
  /** The map around this one: a key that is unknown here may belong there. */
  readonly outer: { readonly schema: JsonSchema; readonly place: Place } | undefined;
}

/** Every problem of the value, below it included. */
export function problemsOf(open: OpenSchema, schema: JsonSchema, value: unknown, place: Place): SchemaProblem[] {
  const resolved = open.resolve(schema);
  const noun = nounOf(resolved);
  const here = noun === undefined ? place : { ...place, noun };
  const problems = ownProblems(open, resolved, value, here);
  // Members of a map where a list is needed would only repeat that.
  if (problems.some(({ code, path }) => code === 'LS1102' && path.length === place.path.length)) return problems;
  for (const part of describedParts(resolved, value)) {
    const owner = part.isField ? String(part.key) : undefined;
    const inner = { path: [...here.path, part.key], owner, noun: here.noun, outer: { schema: resolved, place: here } };
    problems.push(...problemsOf(open, part.schema, part.value, inner));
  }
  for (const each of allOf(resolved)) problems.push(...problemsOf(open, each, value, here));
  problems.push(...branchProblems(open, resolved, value, here));
  return problems;
}

function nounOf(schema: JsonSchema): string | undefined {
  const noun = schema['x-lockstep-noun'];
  return typeof noun === 'string' ? noun : undefined;
}

function ownProblems(open: OpenSchema, schema: JsonSchema, value: unknown, place: Place): SchemaProblem[] {
  // What ajv says against the name of a key it says once more as `propertyNames`, with the name.
  const errors = open.ownErrors(schema, value).filter(({ propertyName }) => propertyName === undefined);
  const type = errors.find(({ keyword }) => keyword === 'type');
  if (type !== undefined) return [valueProblem(type, schema, value, place)];
  const aboutKeys = errors.filter(({ keyword }) => KEY_KEYWORDS.has(keyword));
  const aboutValue = errors.filter(({ keyword }) => !KEY_KEYWORDS.has(keyword));
  // Empty is one problem, however many keywords ask for content.
  const [emptiness] = aboutValue.map((error) => valueProblem(error, schema, value, place));
  const keys = keyProblems(open, aboutKeys as readonly ErrorObject[], schema, value, place);
  return emptiness === undefined ? [...keys] : [emptiness, ...keys];
}

const KEY_KEYWORDS: ReadonlySet<string> = new Set(['required', 'additionalProperties', 'x-lockstep-one-of']);

/** `anyOf` and `oneOf`: the problems of the branch that was most probably meant. */
function branchProblems(open: OpenSchema, schema: JsonSchema, value: unknown, place: Place): readonly SchemaProblem[] {
  // A choice between required keys is about keys, and said there.
  if (requiredSets(schema) !== undefined) return [];
  const attempts = branchesOf(schema).map((branch) => ({
    branch: open.resolve(branch),
    problems: problemsOf(open, branch, value, place),
  }));
  const fitting = attempts.filter(({ problems }) => problems.length === 0);
  if (attempts.length === 0 || fitting.length === 1 || (fitting.length > 1 && schema.oneOf === undefined)) return [];
  if (fitting.length > 1) {
    return [
      {
        path: place.path,
        code: 'LS1110',
        summary: 'a value of more than one shape',
        detail: 'this fits more than one of the possible shapes',
      },
    ];
  }
  const depth = place.path.length;
  const near = attempts.filter(
    ({ problems }) => !problems.some(({ code, path }) => isWrongType(code) && path.length === depth),
  );
  if (near.length === 0)
    return [
      wrongType(
        schema,
        attempts.flatMap(({ branch }) => typesOf(branch)),
        value,
        place,
      ),
    ];
  // Each of several kinds of text objects to the same text: say what all of them want.
  const atRoot = near.every(({ problems }) => problems.every(({ path }) => path.length === depth && isLeaf(value)));
  if (near.length > 1 && atRoot)
    return [
      noneFits(
        near.map(({ branch }) => branch),
        value,
        place,
      ),
    ];
  // A fixed word beside other shapes: the word alone is half of the answer.
  const [only] = near;
  const isFixed = near.length === 1 && (only!.branch.const ?? only!.branch.enum) !== undefined;
  if (isFixed && attempts.length > 1) {
    const all = attempts.map(({ branch }) => branch);
    return only!.problems.map((problem) => ({ ...problem, help: `possible: ${shapesOf(all)}` }));
  }
  return near.reduce((best, next) => (next.problems.length < best.problems.length ? next : best)).problems;
}

const isWrongType = (code: string): boolean => code === 'LS1102' || code === 'LS1106';
const isLeaf = (value: unknown): boolean => typeof value !== 'object' || value === null;

function noneFits(branches: readonly JsonSchema[], value: unknown, place: Place): SchemaProblem {
  return {
    path: place.path,
    code: 'LS1110',
    summary: 'a value that fits none of the possible shapes',
    detail: `\`${short(value)}\` is not possible here`,
    help: `write one of: ${shapesOf(branches)}`,
  };
}

function shapesOf(branches: readonly JsonSchema[]): string {
  const shapes = branches.map((branch) => {
    const fixed = branch.const ?? branch.enum;
    if (fixed !== undefined) return listed([fixed].flat().map(String));
    if (Array.isArray(branch.required))
      return `\`{ ${branch.required.map((key) => `${String(key)}: …`).join(', ')} }\``;
    const hint = branch['x-lockstep-pattern-hint'] ?? branch.description;
    return typeof hint === 'string' ? hint.replace(/\.$/, '') : typesOf(branch).map(nameOfType).join(' or ');
  });
  return shapes.join('; ');
}

function toDiagnostic(document: SourceDocument, problem: SchemaProblem): Diagnostic {
  const { path, part = 'value', related, ...words } = problem;
  const span = part === 'first key' ? mapSpan(document, path) : document.spanOf(path, part);
  const places = related && [{ message: related.message, span: document.spanOf(related.path, 'key') }];
  return { severity: 'error', ...words, span, ...(places && { related: places }) };
}

/** A map is pointed at by the key that holds it, or by its own first key: a frame of forty lines points at nothing. */
function mapSpan(document: SourceDocument, path: Path): Span {
  if (typeof path.at(-1) === 'string') return document.spanOf(path, 'key');
  const node = document.nodeAt(path);
  const [first] = node?.kind === 'map' ? node.entries.keys() : [];
  return first === undefined ? document.spanOf(path) : document.spanOf([...path, first], 'key');
}
