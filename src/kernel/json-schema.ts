/**
 * Small builders for the parts of the plan's JSON schema (draft-07). The `x-lockstep-…` members are annotations that
 * `document` acts on: what is SQL, what is a name, what refers to another part of the plan. Editors ignore them.
 */
export type JsonSchema = { readonly [keyword: string]: unknown };

export type SqlSlot = 'expression' | 'condition' | 'query' | 'statement' | 'statements';
export type NameSlot =
  | 'relation'
  | 'column'
  | 'table.column'
  | 'schema'
  | 'function'
  | 'trigger'
  | 'constraint'
  | 'index'
  | 'type'
  | 'extension';
export type RefSlot = 'mapping' | 'step' | 'window' | 'mapping or window' | 'target';

export function text(description: string, more: JsonSchema = {}): JsonSchema {
  return { type: 'string', description, ...more };
}

export function sql(slot: SqlSlot, description: string): JsonSchema {
  return { type: 'string', description, 'x-lockstep-sql': slot };
}

/** A file, relative to the plan, that holds such SQL. */
export function sqlFile(slot: SqlSlot, description: string): JsonSchema {
  return { type: 'string', description, minLength: 1, 'x-lockstep-file': slot };
}

export function name(slot: NameSlot, description: string): JsonSchema {
  return { type: 'string', description, 'x-lockstep-name': slot };
}

export function ref(slot: RefSlot, description: string): JsonSchema {
  return { type: 'string', description, 'x-lockstep-ref': slot };
}

export function integer(description: string, minimum: number): JsonSchema {
  return { type: 'integer', description, minimum };
}

/** At least one. */
export function list(items: JsonSchema, description: string): JsonSchema {
  return { type: 'array', items, minItems: 1, description };
}

export function object(
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  const needs = required.length > 0 ? { required } : {};
  return { type: 'object', description, properties, ...needs, additionalProperties: false };
}

/** Any keys, one shape of value; at least one entry. */
export function map(value: JsonSchema, description: string): JsonSchema {
  return { type: 'object', description, additionalProperties: value, minProperties: 1 };
}
