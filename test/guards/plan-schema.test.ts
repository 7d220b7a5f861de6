/** The schema that editors get: valid draft-07, described everywhere, and the one that is in the repository. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { planSchema } from '../../src/document/plan-schema.js';

type Schema = Readonly<Record<string, unknown>>;

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Places where a person writes a value, and no description says what it is for. */
function undescribed(schema: Schema, at = ''): readonly string[] {
  const members = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Schema>>);
  const missing = members.flatMap(([name, member]) => {
    const hasWords = typeof member.description === 'string' || '$ref' in member;
    return [...(hasWords ? [] : [`${at}/${name}`]), ...undescribed(member, `${at}/${name}`)];
  });
  const branches = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => (schema[keyword] ?? []) as readonly Schema[]);
  const inner = [schema.items, schema.additionalProperties, ...branches].filter(isSchema);
  const definitions = Object.entries((schema.definitions ?? {}) as Readonly<Record<string, Schema>>);
  return [
    ...missing,
    ...inner.flatMap((each) => undescribed(each, at)),
    ...definitions.flatMap(([name, each]) => undescribed(each, `#${name}`)),
  ];
}

describe('the schema of a plan', () => {
  const schema = planSchema();

  it('is valid draft-07, and compiles in a validator that does not know our annotations', () => {
    const ajv = new Ajv({ strict: false });
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    expect(ajv.validateSchema(schema)).toBe(true);
    const accepts = ajv.compile(schema);
    const steps = [{ id: 'a', verify: [{ empty: 'users' }] }];
    expect(accepts({ lockstep: 1, name: 'p', steps })).toBe(true);
    expect(accepts({ lockstep: 1, name: 'p', steps, stages: [] })).toBe(false);
    expect(accepts({ lockstep: 1, name: 'p' })).toBe(false);
  });

  it('explains every key', () => {
    expect(undescribed(schema)).toEqual([]);
    expect(undescribed({ properties: { a: { items: { properties: { b: {} } } } } })).toEqual(['/a', '/a/b']);
  });

  it('is the one in the repository', () => {
    expect(`${JSON.stringify(schema, null, 2)}\n`, 'run `npm run generate`').toBe(
      readFileSync('schemas/plan.schema.json', 'utf8'),
    );
  });
});
