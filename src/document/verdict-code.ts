/**
 * The verdict of ajv about our schemas as the text of a module, which the build puts in the place of `compiled-verdicts`.
 * Yes or no alone: what is wrong with a document, and the words for it, are asked of ajv itself when there is something.
 */
import { createRequire } from 'node:module';
import type * as Standalone from 'ajv/dist/standalone/index.js';
import type { JsonSchema } from '../kernel/json-schema.js';
import { annotatedAjv } from './annotated-ajv.js';
import { CONFIGURATION_SCHEMA } from './configuration.js';
import { planSchema } from './plan-schema.js';
import { allBranches } from './schema-walk.js';

const require = createRequire(import.meta.url);

export function verdictCode(schemas: readonly JsonSchema[] = [planSchema(), CONFIGURATION_SCHEMA]): string {
  const { default: standaloneCode } = require('ajv/dist/standalone') as (typeof Standalone)['default'];
  const ajv = annotatedAjv({
    ...{ allErrors: false, verbose: false, messages: false },
    // A definition that is used at ten places is one function, and not ten times its text.
    inlineRefs: false,
    code: { source: true, esm: true },
  });
  for (const schema of schemas) ajv.addSchema(schema);
  const exported: Record<string, string> = {};
  const named = (pointer: string): string => {
    const name = `verdict${Object.keys(exported).length}`;
    exported[name] = pointer;
    return name;
  };
  const entries = schemas.map((schema) => {
    const id = idOf(schema);
    const whole = named(id);
    const branches = [...allBranches(schema).values()].map((pointer) => named(id + pointer));
    return `  ${JSON.stringify(id)}: { whole: ${whole}, branches: [${branches.join(', ')}] },`;
  });
  return [
    // What ajv writes asks for its own function that counts characters.
    "import { createRequire } from 'node:module';",
    'const require = createRequire(import.meta.url);',
    standaloneCode(ajv, exported),
    `export const COMPILED_VERDICTS = {\n${entries.join('\n')}\n};`,
    '',
  ].join('\n');
}

function idOf({ $id }: JsonSchema): string {
  if (typeof $id !== 'string') throw new Error('a schema without $id: its verdict would never be found');
  return $id;
}
