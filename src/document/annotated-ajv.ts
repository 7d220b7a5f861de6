/**
 * ajv with the vocabulary that a schema carries for us. Owns what the keywords mean:
 *
 * - `x-lockstep-sql`, `x-lockstep-name`, `x-lockstep-ref`: what a text is (see `kernel/json-schema`).
 * - `x-lockstep-one-of: { noun, names }`: exactly one of these keys must be there: the kinds of a step, the checks.
 * - `x-lockstep-no-empty: reason`: neither null, nor blank, nor without entries, and why not.
 * - `x-lockstep-pattern-hint`: `pattern` in words: "lower-case words and hyphens".
 * - `x-lockstep-noun`: what a map is, for messages: "step"; by default the name of its definition.
 *
 * ajv is loaded when first asked: a document that is right needs only the verdict that was compiled with the program.
 */
import { createRequire } from 'node:module';
import type * as AjvModule from 'ajv';
import type { Ajv, KeywordCxt, Options } from 'ajv';

const require = createRequire(import.meta.url);

export function annotatedAjv(options: Options = {}): Ajv {
  const { Ajv, _, stringify } = require('ajv') as typeof AjvModule;
  const ajv = new Ajv({
    ...{ allErrors: true, verbose: true, strict: false, validateFormats: false, ownProperties: true },
    // To shorten the code of a schema that is used a few times costs a fifth of a second at each start.
    code: { optimize: false },
    ...options,
  });
  ajv.addVocabulary([
    ...['x-lockstep-sql', 'x-lockstep-name', 'x-lockstep-ref', 'x-lockstep-pattern-hint', 'x-lockstep-noun'],
  ]);
  // As code and not as functions, which could not be written down with the rest of a verdict.
  ajv.addKeyword({
    keyword: 'x-lockstep-one-of',
    type: 'object',
    schemaType: 'object',
    code: (at: KeywordCxt) => {
      const { names } = at.schema as { readonly names: readonly string[] };
      at.fail(_`${stringify(names)}.filter((name) => Object.hasOwn(${at.data}, name)).length !== 1`);
    },
  });
  ajv.addKeyword({
    keyword: 'x-lockstep-no-empty',
    type: ['string', 'array', 'object'],
    schemaType: 'string',
    code: (at: KeywordCxt) => {
      const { data } = at;
      at.fail(_`(typeof ${data} == "string" ? ${data}.trim() === "" : Object.keys(${data}).length === 0)`);
    },
  });
  return ajv;
}
