/** The words for a value that its schema refuses: type, emptiness, form, limits. Keys belong to `key-problems`. */
import type { ErrorObject } from 'ajv';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { JsonSchema } from '../kernel/json-schema.js';
import type { Place, SchemaProblem } from './schema-validation.js';
import { isObject } from './schema-walk.js';

export function valueProblem(error: ErrorObject, schema: JsonSchema, value: unknown, place: Place): SchemaProblem {
  const { keyword, params } = error as { keyword: string; params: Record<string, unknown> };
  if (isEmpty(value) && EMPTINESS.has(keyword)) return emptyValue(schema, value, place);
  switch (keyword) {
    case 'type':
      return wrongType(schema, typesOf(schema), value, place);
    case 'enum':
    case 'const':
      // `lockstep: "1"`: the right value as the wrong type.
      if (!typesOf(schema).includes(typeOf(value))) return wrongType(schema, typesOf(schema), value, place);
      return notPossible([schema.const ?? schema.enum].flat(), value, place);
    case 'pattern':
      return wrongForm(schema, value, place);
    case 'propertyNames':
      return wrongKeyName(schema, String(params.propertyName), place);
    default:
      return outsideLimits(keyword, params.limit, value, place, error.message);
  }
}

/** What a schema asks for at its top: ajv's names of types. Nothing asked is `[]`. */
export function typesOf(schema: JsonSchema): readonly string[] {
  if (schema.type !== undefined) return [schema.type].flat().map(String);
  const fixed = [schema.const ?? schema.enum ?? []].flat();
  return [...new Set(fixed.map(typeOf))];
}

export function wrongType(schema: JsonSchema, types: readonly string[], value: unknown, place: Place): SchemaProblem {
  if (value === null) return emptyValue(schema, value, place);
  const found = typeOf(value);
  const distinct = [...new Set(types)];
  const shown = isScalarType(found) ? `\`${short(value)}\` is ${foundType(found)}` : `this is ${foundType(found)}`;
  const wanted = distinct.map(nameOfType).join(' or ');
  const purpose = purposeOf(schema);
  return {
    path: place.path,
    code: 'LS1102',
    summary: `${foundType(found)} where ${wanted} is needed`,
    detail: `${shown}; needed is ${wanted}${purpose === undefined ? '' : `: ${purpose}`}`,
    ...(possibleOf(schema) ?? helpAgainst(found, distinct, value)),
  };
}

/** Where few values are possible, quotes around another one help nobody. */
function possibleOf(schema: JsonSchema): { readonly help: string } | undefined {
  const values: readonly unknown[] = Array.isArray(schema.enum) ? schema.enum : [];
  return values.length === 0 ? undefined : { help: `possible: ${listed(values.map(String))}` };
}

/** What a key is for, as its schema describes it, fit to follow a colon. */
export function purposeOf(schema: JsonSchema | undefined): string | undefined {
  const description = schema?.description;
  if (typeof description !== 'string' || description === '') return undefined;
  const [first = ''] = description.split(/(?<=\.)\s/);
  const words = first.replace(/\.$/, '');
  // A capital that begins a sentence goes; one that begins an abbreviation stays.
  return /^[A-Z][a-z]/.test(words) ? words[0]!.toLowerCase() + words.slice(1) : words;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
  array: 'a list',
  object: 'a map',
};

export function nameOfType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

/** "A number where true or false is needed", but "a boolean where text is needed". */
function foundType(type: string): string {
  return type === 'boolean' ? 'a boolean' : nameOfType(type);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

const isScalarType = (type: string): boolean => ['string', 'number', 'boolean'].includes(type);

function helpAgainst(found: string, wanted: readonly string[], value: unknown): { readonly help: string } {
  const written = isScalarType(found) ? short(value) : '';
  if (wanted.includes('string') && (found === 'number' || found === 'boolean'))
    return { help: `put it in quotes: "${written}"` };
  if (wanted.includes('array') && isScalarType(found))
    return { help: `write a list, also for one entry: [${written}]` };
  if (wanted.includes('array') && found === 'object') return { help: 'begin each entry with `- `' };
  const numeric = wanted.includes('number') || wanted.includes('integer');
  if (numeric && found === 'string' && /^-?\d+$/.test(written)) return { help: `remove the quotes: ${written}` };
  if (wanted.includes('boolean') && found === 'string' && /^(yes|on|no|off|true|false)$/i.test(written)) {
    return { help: `write ${/^(yes|on|true)$/i.test(written) ? 'true' : 'false'}, without quotes` };
  }
  if (wanted.length === 1 && wanted[0] === 'object' && found === 'string')
    return { help: 'write `key: value` lines, indented below the key' };
  if (wanted.includes('object') && found === 'array') return { help: 'remove the `-` before the keys' };
  return { help: `write ${wanted.map(nameOfType).join(' or ')}` };
}

const EMPTINESS: ReadonlySet<string> = new Set([
  ...['type', 'minItems', 'minProperties', 'minLength', 'pattern', 'enum', 'const', 'x-lockstep-no-empty'],
]);

function isEmpty(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function emptyValue(schema: JsonSchema, value: unknown, place: Place): SchemaProblem {
  const reason = schema['x-lockstep-no-empty'];
  const purpose = purposeOf(schema);
  const key = place.path.at(-1);
  const named = typeof key === 'string' ? `\`${key}\`` : key === undefined ? 'the document' : 'this entry';
  const what = value === null || typeof value === 'string' ? 'has no value' : 'has no entries';
  const why = typeof reason === 'string' ? `; ${reason}` : purpose === undefined ? '' : `; needed is ${purpose}`;
  return {
    path: place.path,
    code: 'LS1106',
    summary: 'an empty value',
    detail: `${named} ${what}${why}`,
    help: 'give it a value, or remove it',
  };
}

function notPossible(possible: readonly unknown[], value: unknown, place: Place): SchemaProblem {
  const names = possible.map(String);
  const meant = typeof value === 'string' ? didYouMean(value, names) : undefined;
  const shown = isObject(value) || Array.isArray(value) ? 'this' : `\`${short(value)}\``;
  return {
    path: place.path,
    code: 'LS1104',
    summary: 'not one of the possible values',
    detail: `${shown} is not possible here${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`,
    help: `possible: ${listed(names)}`,
  };
}

function wrongForm(schema: JsonSchema, value: unknown, place: Place): SchemaProblem {
  const hint = schema['x-lockstep-pattern-hint'];
  const purpose = purposeOf(schema);
  return {
    path: place.path,
    code: 'LS1105',
    summary: 'a text of the wrong form',
    detail: `\`${short(value)}\` does not have the form that is needed here`,
    help:
      typeof hint === 'string'
        ? `write ${hint}`
        : `it must match ${String(schema.pattern)}${purpose === undefined ? '' : ` (${purpose})`}`,
  };
}

function wrongKeyName(schema: JsonSchema, name: string, place: Place): SchemaProblem {
  const rules = isObject(schema.propertyNames) ? schema.propertyNames : {};
  return { ...wrongForm(rules, name, { ...place, path: [...place.path, name] }), part: 'key' };
}

const LIMITS: Readonly<Record<string, (limit: string) => string>> = {
  minimum: (limit) => `at least ${limit} is needed`,
  maximum: (limit) => `at most ${limit} is possible`,
  exclusiveMinimum: (limit) => `more than ${limit} is needed`,
  exclusiveMaximum: (limit) => `less than ${limit} is needed`,
  minItems: (limit) => `at least ${entries(limit)} needed`,
  maxItems: (limit) => `at most ${entries(limit)} possible`,
  minProperties: (limit) => `at least ${entries(limit)} needed`,
  maxProperties: (limit) => `at most ${entries(limit)} possible`,
  minLength: (limit) => `at least ${limit} characters are needed`,
  maxLength: (limit) => `at most ${limit} characters are possible`,
  uniqueItems: () => 'each entry may stand in the list once',
};

function outsideLimits(
  keyword: string,
  limit: unknown,
  value: unknown,
  place: Place,
  message = 'not possible',
): SchemaProblem {
  const says = LIMITS[keyword]?.(String(limit)) ?? message;
  const shown = isObject(value) || Array.isArray(value) ? 'this' : `\`${short(value)}\``;
  return {
    path: place.path,
    code: 'LS1107',
    summary: 'a value outside its limits',
    detail: `${shown} is outside the limits of this place: ${says}`,
    help:
      typeof value === 'number'
        ? 'give a number within them'
        : typeof value === 'string'
          ? 'shorten it'
          : 'make several of it, or remove what is too much',
  };
}

function entries(limit: string): string {
  return limit === '1' ? 'one entry is' : `${limit} entries are`;
}

export function short(value: unknown): string {
  const line = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

export function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
