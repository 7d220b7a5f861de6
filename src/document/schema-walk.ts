/**
 * A schema and a value walked together. Owns the part of draft-07 that says where a value is described: `$ref`,
 * `properties`, `items`, `anyOf`. What a single schema says about a single value is asked of ajv, keyword by keyword,
 * so that both the explanation of problems and the search for annotated slots follow the same path.
 */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import type { JsonSchema } from '../kernel/json-schema.js';

export interface OpenSchema {
  readonly root: JsonSchema;
  /** The schema with what its `$ref` leads to; its own annotations win. */
  resolve(schema: JsonSchema): JsonSchema;
  /** What the schema's own keywords object to, without what it says about members, items and branches. */
  ownErrors(schema: JsonSchema, value: unknown): readonly ErrorObject[];
  /** ajv's verdict about the whole. */
  accepts(value: unknown): boolean;
  /** What ajv said against the last value that `accepts` refused. */
  refusal(): string;
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
  private readonly ajv = annotatedAjv();
  private readonly own = new WeakMap<JsonSchema, ValidateFunction>();
  private readonly resolved = new WeakMap<JsonSchema, JsonSchema>();
  private whole: ValidateFunction | undefined;

  constructor(readonly root: JsonSchema) {}

  accepts(value: unknown): boolean {
    this.whole ??= this.ajv.compile(this.root);
    return this.whole(value);
  }

  refusal(): string {
    return this.ajv.errorsText(this.whole?.errors ?? []);
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

/**
 * The vocabulary that a schema carries for us:
 *
 * - `x-lockstep-sql`, `x-lockstep-name`, `x-lockstep-ref`: what a text is (see `kernel/json-schema`).
 * - `x-lockstep-one-of: { noun, names }`: exactly one of these keys must be there: the kinds of a step, the checks.
 * - `x-lockstep-no-empty: reason`: neither null, nor blank, nor without entries, and why not.
 * - `x-lockstep-pattern-hint`: `pattern` in words: "lower-case words and hyphens".
 * - `x-lockstep-noun`: what a map is, for messages: "step"; by default the name of its definition.
 */
function annotatedAjv(): Ajv {
  const ajv = new Ajv({
    ...{ allErrors: true, verbose: true, strict: false, validateFormats: false, ownProperties: true },
    // To shorten the code of a schema that is used a few times costs a fifth of a second at each start.
    code: { optimize: false },
  });
  ajv.addVocabulary([
    ...['x-lockstep-sql', 'x-lockstep-name', 'x-lockstep-ref', 'x-lockstep-pattern-hint', 'x-lockstep-noun'],
  ]);
  ajv.addKeyword({
    keyword: 'x-lockstep-one-of',
    type: 'object',
    schemaType: 'object',
    validate: ({ names }: { names: readonly string[] }, value: object) =>
      names.filter((name) => Object.hasOwn(value, name)).length === 1,
  });
  ajv.addKeyword({
    keyword: 'x-lockstep-no-empty',
    type: ['string', 'array', 'object'],
    schemaType: 'string',
    validate: (_reason: string, value: string | object) =>
      typeof value === 'string' ? value.trim() !== '' : Object.keys(value).length > 0,
  });
  return ajv;
}
