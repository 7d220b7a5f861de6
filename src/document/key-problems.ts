/**
 * The words for keys that are wrong, missing, or too many. A misspelt key is unknown and leaves the right one missing:
 * that is one mistake, and one diagnostic.
 */
import type { ErrorObject } from 'ajv';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { JsonSchema } from '../kernel/json-schema.js';
import type { Place, SchemaProblem } from './schema-validation.js';
import type { OpenSchema } from './schema-walk.js';
import { branchesOf, isObject, requiredSets } from './schema-walk.js';
import { listed, purposeOf } from './value-problems.js';

export function keyProblems(
  open: OpenSchema,
  errors: readonly ErrorObject[],
  schema: JsonSchema,
  value: unknown,
  place: Place,
): readonly SchemaProblem[] {
  if (!isObject(value)) return [];
  const missing = paramsOf(errors, 'required', 'missingProperty');
  const known = knownKeys(schema);
  const absent = known.filter((name) => !Object.hasOwn(value, name));
  const unknown = paramsOf(errors, 'additionalProperties', 'additionalProperty').map((key) => {
    return { key, meant: didYouMean(key, absent) };
  });
  // Renaming a key supplies what is missing.
  const supplied = new Set([...Object.keys(value), ...unknown.flatMap(({ meant }) => meant ?? [])]);
  const choice = choiceOf(schema, value);
  const map: MapAtHand = {
    open,
    schema,
    value,
    place,
    known,
    choice,
    needed: neededKeys(schema, value, missing, supplied),
  };
  const [meantChoice] = unknown.filter(({ meant }) => meant !== undefined && choice?.names.includes(meant));
  const [unlike] = unknown.filter(({ meant }) => meant === undefined);
  // One unknown key of a map without a kind is the kind, misspelt or unheard of.
  const standIn = choice?.present.length === 0 ? (meantChoice ?? unlike) : undefined;
  return [
    ...unknown.map((each) => unknownKey(map, each, each === standIn)),
    ...missing.filter((key) => !supplied.has(key)).map((key) => missingKey(map, key)),
    ...(choice === undefined || standIn !== undefined ? [] : wrongChoice(place, choice)),
    ...wrongSets(map, supplied),
  ];
}

interface MapAtHand {
  readonly open: OpenSchema;
  readonly schema: JsonSchema;
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: Place;
  readonly known: readonly string[];
  readonly choice: Choice | undefined;
  /** Keys that are not there and have to be. */
  readonly needed: ReadonlySet<string>;
}

/** Keys of which exactly one must be there. */
interface Choice {
  readonly names: readonly string[];
  readonly present: readonly string[];
  /** "kind of step", "check". */
  readonly noun: string;
}

function choiceOf(schema: JsonSchema, value: Readonly<Record<string, unknown>>): Choice | undefined {
  const oneOf = schema['x-lockstep-one-of'];
  if (!isObject(oneOf)) return undefined;
  const { noun, names } = oneOf as { noun: string; names: readonly string[] };
  return { noun, names, present: names.filter((name) => Object.hasOwn(value, name)) };
}

function neededKeys(
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
  missing: readonly string[],
  supplied: ReadonlySet<string>,
): ReadonlySet<string> {
  const sets = requiredSets(schema) ?? [];
  if (sets.some((keys) => keys.every((key) => Object.hasOwn(value, key)))) return new Set(missing);
  return new Set([...missing, ...sets.filter((keys) => keys.every((key) => supplied.has(key))).flat()]);
}

function paramsOf(errors: readonly ErrorObject[], keyword: string, param: string): readonly string[] {
  const found = errors.filter((error) => error.keyword === keyword);
  return [...new Set(found.map(({ params }) => String((params as Record<string, unknown>)[param])))];
}

function knownKeys(schema: JsonSchema): readonly string[] {
  return isObject(schema.properties) ? Object.keys(schema.properties) : [];
}

/** `isChoice`: the key stands where the kind of the map should be named. */
function unknownKey(
  map: MapAtHand,
  { key, meant }: { key: string; meant: string | undefined },
  isChoice: boolean,
): SchemaProblem {
  const { place, known, choice, needed } = map;
  const problem = {
    path: [...place.path, key],
    part: 'key',
    code: 'LS1103',
    summary: place.noun === undefined ? 'unknown key' : `unknown key in ${withArticle(place.noun)}`,
  } as const;
  const noun = isChoice ? choice?.noun : undefined;
  const elsewhere = meant === undefined ? whereItBelongs(map, key) : undefined;
  if (elsewhere !== undefined) {
    const detail = `\`${key}\` is not a field of ${ownerOf(place)}, but of ${elsewhere.owner}`;
    return { ...problem, detail, help: elsewhere.help };
  }
  const what = noun === undefined ? `\`${key}\` is not a field of ${ownerOf(place)}` : `\`${key}\` is not a ${noun}`;
  const possible = noun === undefined ? known : choice!.names;
  const others = `${noun === undefined ? 'known here' : 'possible'}: ${listed(possible)}`;
  if (meant === undefined) return { ...problem, detail: what, help: possible.length === 0 ? 'remove it' : others };
  const detail = `${what}; did you mean \`${meant}\`?`;
  if (noun !== undefined) {
    return { ...problem, detail, help: `${withArticle(noun)} is needed here, so renaming fixes both problems` };
  }
  const both = `\`${meant}\` is required here, so renaming fixes both problems`;
  return { ...problem, detail, help: needed.has(meant) ? both : others };
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

function wrongChoice(place: Place, { names, present, noun }: Choice): readonly SchemaProblem[] {
  const [first, ...others] = present;
  if (first !== undefined)
    return others.map((other) => exclusive(place, first, other, `exactly one ${noun} belongs here`));
  return [
    {
      path: place.path,
      part: 'first key',
      code: 'LS1109',
      summary: 'none where one is needed',
      detail: `no ${noun} is named here`,
      help: `add one of: ${listed(names)}`,
    },
  ];
}

/** `anyOf` and `oneOf` over sets of required keys. */
function wrongSets(map: MapAtHand, supplied: ReadonlySet<string>): readonly SchemaProblem[] {
  const { schema, place, value } = map;
  const sets = requiredSets(schema) ?? [];
  const complete = sets.filter((keys) => keys.every((key) => supplied.has(key)));
  const [one, two] = complete;
  if (one !== undefined) {
    if (two === undefined || schema.oneOf === undefined) return [];
    const present = [one, two].map((keys) => keys.find((key) => Object.hasOwn(value, key)) ?? keys[0]!);
    return [exclusive(place, present[0]!, present[1]!, 'they say different things')];
  }
  const begun = sets.find((keys) => keys.some((key) => supplied.has(key)));
  if (begun !== undefined) return begun.filter((key) => !supplied.has(key)).map((key) => missingKey(map, key));
  if (sets.length === 0) return [];
  const choices = sets.map((keys) => keys.map((key) => `\`${key}\``).join(' and ')).join(', or ');
  return [
    {
      path: place.path,
      part: 'first key',
      code: 'LS1109',
      summary: 'none where one is needed',
      detail: `${ownerOf(place)} needs ${choices}`,
      help: 'add what is meant',
    },
  ];
}

function exclusive(place: Place, first: string, other: string, why: string): SchemaProblem {
  return {
    path: [...place.path, other],
    part: 'key',
    code: 'LS1108',
    summary: 'two that exclude each other',
    detail: `\`${first}\` and \`${other}\` cannot stand together: ${why}`,
    help: 'make two of it, or remove one',
    related: { message: `\`${first}\` stands here`, path: [...place.path, first] },
  };
}

function ownerOf({ owner, noun, path }: Place): string {
  if (owner !== undefined) return `\`${owner}\``;
  if (noun === undefined) return path.length === 0 ? 'the document' : 'this map';
  return path.length === 0 ? `the ${noun}` : `this ${noun}`;
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
