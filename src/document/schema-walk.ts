/**
 * A schema and a value walked together. Owns the part of draft-07 that says where a value is described: `$ref`,
 * `properties`, `items`, `anyOf`. What a single schema says about a single value is asked of ajv, keyword by keyword,
 * so that both the explanation of problems and the search for annotated slots follow the same path.
 */
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import type { JsonSchema } from '../kernel/json-schema.js';
import { annotatedAjv } from './annotated-ajv.js';
import { COMPILED_VERDICTS, type Verdict, type Verdicts } from './compiled-verdicts.js';

export interface OpenSchema {
  readonly root: JsonSchema;
  /** The schema with what its `$ref` leads to; its own annotations win. */
  resolve(schema: JsonSchema): JsonSchema;
  /** What the schema's own keywords object to, without what it says about members, items and branches. */
  ownErrors(schema: JsonSchema, value: unknown): readonly ErrorObject[];
  /** ajv's verdict about the whole. */
  accepts(value: unknown): boolean;
  /** A branch of the schema that surely accepts the value. False is no answer: what decides may not have been compiled. */
  surelyFits(branch: JsonSchema, value: unknown): boolean;
  /** What ajv says against it, in its own words. */
  refusal(value: unknown): string;
}

const opened = new WeakMap<JsonSchema, OpenSchema>();

/** Compiles on first use and remembers. The schema must not change afterwards. */
export function openSchema(root: JsonSchema): OpenSchema {
  const known = opened.get(root);
  if (known !== undefined) return known;
  const created = new CompiledSchema(root);
  opened.set(root, created);
  return created;
}

/** Where a member or item of a value is described. */
export interface Described {
  readonly key: string | number;
  readonly schema: JsonSchema;
  readonly value: unknown;
  /** Named by the schema, not by the author of the document: a field, not an entry. */
  readonly isField: boolean;
}

/** Members and items that the schema says something about. `schema` is resolved. */
export function describedParts(schema: JsonSchema, value: unknown): readonly Described[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return value.flatMap((item: unknown, key) => {
      const itemSchema: unknown = Array.isArray(items) ? items[key] : items;
      return isObject(itemSchema) ? [{ key, schema: itemSchema, value: item, isField: false }] : [];
    });
  }
  if (!isObject(value)) return [];
  const properties = isObject(schema.properties) ? schema.properties : {};
  const patterns = isObject(schema.patternProperties) ? Object.entries(schema.patternProperties) : [];
  return Object.entries(value).flatMap(([key, member]) => {
    const named = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const matching = patterns.filter(([pattern]) => new RegExp(pattern, 'u').test(key)).map(([, found]) => found);
    const rest = named === undefined && matching.length === 0 ? [schema.additionalProperties] : [];
    const isField = named !== undefined;
    return [named, ...matching, ...rest]
      .filter(isObject)
      .map((found) => ({ key, schema: found, value: member, isField }));
  });
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The branches of `anyOf` or `oneOf`. */
export function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf } = schema;
  return [anyOf, oneOf].flatMap((branches) => (Array.isArray(branches) ? branches.filter(isObject) : []));
}

/** Every branch anywhere in a schema, once, with the pointer to it. The order depends on nothing but the schema. */
export function allBranches(root: JsonSchema): ReadonlyMap<JsonSchema, string> {
  const found = new Map<JsonSchema, string>();
  const walk = (part: unknown, pointer: string): void => {
    if (Array.isArray(part)) part.forEach((item: unknown, index) => walk(item, `${pointer}/${index}`));
    if (!isObject(part)) return;
    if (/\/(anyOf|oneOf)\/\d+$/.test(pointer) && !found.has(part)) found.set(part, pointer);
    for (const [key, member] of Object.entries(part))
      walk(member, `${pointer}/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`);
  };
  walk(root, '#');
  return found;
}

export function allOf(schema: JsonSchema): readonly JsonSchema[] {
  return Array.isArray(schema.allOf) ? schema.allOf.filter(isObject) : [];
}

/**
 * `anyOf: [{ required: [a] }, { required: [b, c] }]` asks for one of some sets of keys; undefined for any other schema.
 */
export function requiredSets(schema: JsonSchema): readonly (readonly string[])[] | undefined {
  const branches = branchesOf(schema);
  const sets = branches.map(({ required, ...rest }) => {
    return Array.isArray(required) && Object.keys(rest).length === 0 ? required.map(String) : [];
  });
  return branches.length > 0 && sets.every((keys) => keys.length > 0) ? sets : undefined;
}

/** Draft-07 keywords whose say is about other values than the one at hand, or that `schema-validation` walks itself. */
const NOT_OWN: ReadonlySet<string> = new Set([
  ...['$ref', '$id', '$schema', 'definitions', 'items', 'allOf', 'anyOf', 'oneOf', 'default', 'examples'],
  ...['title', 'description', 'additionalProperties', 'properties', 'patternProperties'],
]);

class CompiledSchema implements OpenSchema {
  private made: Ajv | undefined;
  private readonly own = new WeakMap<JsonSchema, ValidateFunction>();
  private readonly resolved = new WeakMap<JsonSchema, JsonSchema>();
  private whole: ValidateFunction | undefined;
  private readonly compiled: Verdicts | undefined;
  private compiledBranches: ReadonlyMap<JsonSchema, Verdict> | undefined;

  constructor(readonly root: JsonSchema) {
    this.compiled = typeof root.$id === 'string' ? COMPILED_VERDICTS[root.$id] : undefined;
  }

  accepts(value: unknown): boolean {
    return (this.compiled?.whole ?? this.validator)(value);
  }

  surelyFits(branch: JsonSchema, value: unknown): boolean {
    if (this.compiled === undefined) return false;
    const { branches } = this.compiled;
    this.compiledBranches ??= new Map([...allBranches(this.root).keys()].map((one, index) => [one, branches[index]!]));
    return this.compiledBranches.get(branch)?.(value) ?? false;
  }

  refusal(value: unknown): string {
    return this.validator(value) ? '' : this.ajv.errorsText(this.validator.errors);
  }

  private get validator(): ValidateFunction {
    return (this.whole ??= this.ajv.compile(this.root));
  }

  /** Only a document that is refused needs it, where the verdict was compiled with the program. */
  private get ajv(): Ajv {
    return (this.made ??= annotatedAjv());
  }

  resolve(schema: JsonSchema): JsonSchema {
    if (typeof schema.$ref !== 'string') return schema;
    const known = this.resolved.get(schema);
    if (known !== undefined) return known;
    // A definition is named after what it defines: "step".
    const noun = schema.$ref.split('/').at(-1)!.replaceAll('_', ' ');
    const merged: Record<string, unknown> = {
      'x-lockstep-noun': noun,
      ...this.resolve(this.at(schema.$ref)),
      ...schema,
    };
    delete merged.$ref;
    this.resolved.set(schema, merged);
    return merged;
  }

  ownErrors(schema: JsonSchema, value: unknown): readonly ErrorObject[] {
    let validate = this.own.get(schema);
    if (validate === undefined) {
      validate = this.ajv.compile(ownPart(schema));
      this.own.set(schema, validate);
    }
    return validate(value) ? [] : (validate.errors ?? []);
  }

  private at(pointer: string): JsonSchema {
    let found: unknown = this.root;
    for (const step of pointer.split('/').slice(1)) {
      found = isObject(found) ? found[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
    }
    if (!pointer.startsWith('#/') || !isObject(found)) throw new Error(`${pointer} leads nowhere in the schema`);
    return found;
  }
}

function ownPart(schema: JsonSchema): JsonSchema {
  const own: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) if (!NOT_OWN.has(keyword)) own[keyword] = value;
  if (schema.additionalProperties === false) {
    own.additionalProperties = false;
    for (const keyword of ['properties', 'patternProperties']) {
      const named = schema[keyword];
      if (isObject(named)) own[keyword] = Object.fromEntries(Object.keys(named).map((name) => [name, true]));
    }
  }
  return own;
}
