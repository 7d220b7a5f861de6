/**
 * The words for keys that are wrong, missing, or too many. A misspelt key is unknown and leaves the right one missing:
 * that is one mistake, and one diagnostic.
 */
import type { ErrorObject } from 'ajv';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { JsonSchema } from '../kernel/json-schema.js';
import type { Place, SchemaProblem } from './schema-validation.js';
import type { OpenSchema } from './schema-walk.js';
import { branchesOf, isObject, requiredChoice } from './schema-walk.js';
import { listed, purposeOf } from './value-problems.js';

export function keyProblems(
  open: OpenSchema,
  errors: readonly ErrorObject[],
  schema: JsonSchema,
  value: unknown,
  place: Place,
): readonly SchemaProblem[] {
  if (!isObject(value)) return [];
  const map: MapAtHand = { open, schema, value, place, known: knownKeys(schema) };
  const unknown = paramsOf(errors, 'additionalProperties', 'additionalProperty');
  const missing = new Set(paramsOf(errors, 'required', 'missingProperty'));
  const choice = choiceOf(map);
  const problems: SchemaProblem[] = [];
  for (const key of unknown) {
    const absent = map.known.filter((name) => !Object.hasOwn(value, name));
    const meant = didYouMean(key, absent);
    problems.push(unknownKey(map, key, meant, missing, choice));
    // Renaming the key supplies what is missing.
    if (meant !== undefined) missing.delete(meant);
    if (choice !== undefined && (meant === undefined || choice.names.includes(meant))) choice.explained = true;
  }
  for (const key of missing) problems.push(missingKey(map, key));
  if (choice !== undefined && !choice.explained) problems.push(...wrongChoice(map, choice));
  return problems;
}

interface MapAtHand {
  readonly open: OpenSchema;
  readonly schema: JsonSchema;
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: Place;
  readonly known: readonly string[];
}

/** Keys of which one must be there. */
interface Choice {
  readonly names: readonly string[];
  readonly present: readonly string[];
  /** "step kind", "check"; undefined where several may stand together and only none is wrong. */
  readonly noun: string | undefined;
  explained: boolean;
}

function choiceOf({ schema, value }: MapAtHand): Choice | undefined {
  const oneOf = schema['x-lockstep-one-of'];
  const named = isObject(oneOf) ? (oneOf as { noun: string; names: readonly string[] }) : undefined;
  const names = named?.names ?? requiredChoice(schema);
  if (names === undefined) return undefined;
  const present = names.filter((name) => Object.hasOwn(value, name));
  const exclusive = named !== undefined || schema.oneOf !== undefined;
  const holds = present.length === 1 || (present.length > 1 && !exclusive);
  return { names, present, noun: named?.noun, explained: holds };
}

function paramsOf(errors: readonly ErrorObject[], keyword: string, param: string): readonly string[] {
  const found = errors.filter((error) => error.keyword === keyword);
  return [...new Set(found.map(({ params }) => String((params as Record<string, unknown>)[param])))];
}

function knownKeys(schema: JsonSchema): readonly string[] {
  return isObject(schema.properties) ? Object.keys(schema.properties) : [];
}

function unknownKey(
  map: MapAtHand,
  key: string,
  meant: string | undefined,
  missing: ReadonlySet<string>,
  choice: Choice | undefined,
): SchemaProblem {
  const { place, known } = map;
  const problem = {
    path: [...place.path, key],
    part: 'key',
    code: 'LS1103',
    summary: place.noun === undefined ? 'unknown key' : `unknown key in ${withArticle(place.noun)}`,
  } as const;
  const noun = choice !== undefined && choice.present.length === 0 ? choice.noun : undefined;
  const isChoice = noun !== undefined && (meant === undefined || choice?.names.includes(meant) === true);
  const what = isChoice ? `\`${key}\` is not a ${noun}` : `\`${key}\` is not a field of ${ownerOf(place)}`;
  if (meant !== undefined) {
    const both = missing.has(meant) || (isChoice && choice?.names.includes(meant) === true);
    const help = missing.has(meant)
      ? `\`${meant}\` is required here, so renaming fixes both problems`
      : both
        ? `${withArticle(noun!)} is needed here, so renaming fixes both problems`
        : `known here: ${listed(known)}`;
    return { ...problem, detail: `${what}; did you mean \`${meant}\`?`, help };
  }
  const elsewhere = isChoice ? undefined : whereItBelongs(map, key);
  if (elsewhere !== undefined)
    return { ...problem, detail: `${what}, but of ${elsewhere.owner}`, help: elsewhere.help };
  if (isChoice) return { ...problem, detail: what, help: `possible: ${listed(choice!.names)}` };
  const help = known.length === 0 ? 'remove it' : `known here: ${listed(known)}`;
  return { ...problem, detail: what, help };
}

/** A key that stands one level too deep or not deep enough: the most common slip of indentation. */
function whereItBelongs(map: MapAtHand, key: string): { readonly owner: string; readonly help: string } | undefined {
  const { open, place, schema, value } = map;
  if (place.outer !== undefined && knownKeys(place.outer.schema).includes(key)) {
    return { owner: ownerOf(place.outer.place), help: 'indent it less, or move it out of the braces' };
  }
  const properties = isObject(schema.properties) ? schema.properties : {};
  for (const [field, fieldSchema] of Object.entries(properties)) {
    if (!isObject(fieldSchema) || !isObject(value[field])) continue;
    const resolved = open.resolve(fieldSchema);
    const shapes = [resolved, ...branchesOf(resolved).map((branch) => open.resolve(branch))];
    if (shapes.some((shape) => knownKeys(shape).includes(key))) {
      return { owner: `\`${field}\``, help: `indent it below \`${field}\`` };
    }
  }
  return undefined;
}

function missingKey({ schema, place, open }: MapAtHand, key: string): SchemaProblem {
  const property = isObject(schema.properties) ? schema.properties[key] : undefined;
  const purpose = isObject(property) ? purposeOf(open.resolve(property)) : undefined;
  return {
    path: place.path,
    part: 'first key',
    code: 'LS1101',
    summary:
      place.noun === undefined
        ? 'a required key is missing'
        : `a required key is missing in ${withArticle(place.noun)}`,
    detail: `${ownerOf(place)} needs \`${key}\`${purpose === undefined ? '' : `: ${purpose}`}`,
    help: `add \`${key}:\``,
  };
}

function wrongChoice({ place }: MapAtHand, { names, present, noun }: Choice): readonly SchemaProblem[] {
  const [first, ...others] = present;
  if (first !== undefined) {
    return others.map((other) => ({
      path: [...place.path, other],
      part: 'key',
      code: 'LS1108',
      summary: 'two that exclude each other',
      detail: `\`${first}\` and \`${other}\` cannot stand together: exactly one ${noun ?? 'of them'} belongs here`,
      help: 'make two of it, or remove one',
      related: { message: `\`${first}\` stands here`, path: [...place.path, first] },
    }));
  }
  const what = noun === undefined ? `${ownerOf(place)} needs one of ${listed(names)}` : `no ${noun} is named here`;
  return [
    {
      path: place.path,
      part: 'first key',
      code: 'LS1109',
      summary: 'none where one is needed',
      detail: what,
      help: noun === undefined ? 'add one of them' : `add one of: ${listed(names)}`,
    },
  ];
}

function ownerOf({ owner, noun, path }: Place): string {
  if (owner !== undefined) return `\`${owner}\``;
  if (noun === undefined) return path.length === 0 ? 'the document' : 'this map';
  return path.length === 0 ? `the ${noun}` : `this ${noun}`;
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
