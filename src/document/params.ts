/**
 * Parameters of a plan: what they are worth, from `--set`, then the environment, then the default. Owns reading a value
 * as its declared type. Where a value goes in the plan belongs to `substitute-params`.
 */
import type { Diagnostic } from '../kernel/diagnostic.js';
import { didYouMean } from '../kernel/did-you-mean.js';
import { parseDuration } from '../kernel/duration.js';
import { isObject } from './schema-walk.js';
import type { SourceDocument } from './source-document.js';

/** A duration stays the text that it was given as: `24h`. */
export type ParamValue = string | number | boolean;

export type ParamType = 'string' | 'integer' | 'boolean' | 'duration';

export interface ParamInputs {
  /** From `--set name=value`. */
  readonly set: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Param {
  readonly type: ParamType;
  /** Undefined where none was given, or none of its type: reported. */
  readonly value: ParamValue | undefined;
}

export interface ParamsRead {
  readonly params: ReadonlyMap<string, Param>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Declarations that do not have the shape of one are left to the schema. */
export function readParams(document: SourceDocument, inputs: ParamInputs): ParamsRead {
  const diagnostics: Diagnostic[] = [];
  const params = new Map<string, Param>();
  const declared = isObject(document.value) && isObject(document.value.params) ? document.value.params : {};
  for (const [name, declaration] of Object.entries(declared)) {
    if (!isObject(declaration) || !isParamType(declaration.type)) {
      params.set(name, { type: 'string', value: undefined });
      continue;
    }
    const read = readParam(document, name, declaration, declaration.type, inputs);
    if (read.problem !== undefined) diagnostics.push(read.problem);
    params.set(name, { type: declaration.type, value: read.value });
  }
  const names = Object.keys(declared);
  for (const name of Object.keys(inputs.set).sort()) {
    if (!Object.hasOwn(declared, name)) diagnostics.push(unknownSetting(name, names));
  }
  return { params, diagnostics };
}

interface Read {
  readonly value?: ParamValue;
  readonly problem?: Diagnostic;
}

function readParam(
  document: SourceDocument,
  name: string,
  declaration: Readonly<Record<string, unknown>>,
  type: ParamType,
  inputs: ParamInputs,
): Read {
  const variable = typeof declaration.env === 'string' ? declaration.env : undefined;
  const fromEnv = variable === undefined ? undefined : inputs.env[variable];
  const path = ['params', name];
  const [given, origin] = Object.hasOwn(inputs.set, name)
    ? [inputs.set[name]!, `\`--set ${name}=…\``]
    : [fromEnv, `the environment variable \`${variable ?? ''}\``];
  if (given !== undefined) {
    const value = fromText(given, type);
    if (value !== undefined) return { value };
    const detail = `${origin} gives ${JSON.stringify(given)}, which is not ${FORMS[type]}`;
    return { problem: wrongValue(document, detail, type, path, 'key') };
  }
  const fallback = declaration.default;
  if (fallback === undefined || fallback === null) {
    return { problem: missingValue(document, name, variable) };
  }
  const value = fromDefault(fallback, type);
  if (value !== undefined) return { value };
  const detail = `the default ${JSON.stringify(fallback)} of \`${name}\` is not ${FORMS[type]}`;
  return { problem: wrongValue(document, detail, type, [...path, 'default'], 'value') };
}

function isParamType(type: unknown): type is ParamType {
  return typeof type === 'string' && Object.hasOwn(FORMS, type);
}

const FORMS: Readonly<Record<ParamType, string>> = {
  string: 'text',
  integer: 'a whole number in plain decimal form, within ±2^53',
  boolean: '`true` or `false`',
  duration: 'a duration: `250ms`, `5s`, `1h30m`, `30d`',
};

/** Undefined where the text is not of the type. */
function fromText(text: string, type: ParamType): ParamValue | undefined {
  switch (type) {
    case 'string':
      // The server's protocol ends texts at NUL, and half of a surrogate pair has no UTF-8 form.
      return /[\0\p{Surrogate}]/u.test(text) ? undefined : text;
    case 'integer': {
      const value = /^-?(0|[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN;
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : undefined;
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'duration':
      return parseDuration(text) === undefined ? undefined : text;
  }
}

function fromDefault(value: unknown, type: ParamType): ParamValue | undefined {
  if (type === 'integer') return Number.isSafeInteger(value) ? (value as number) : undefined;
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  return typeof value === 'string' ? fromText(value, type) : undefined;
}

function missingValue(document: SourceDocument, name: string, variable: string | undefined): Diagnostic {
  const fromEnv = variable === undefined ? '' : `, set the environment variable ${variable}`;
  return {
    code: 'LS1303',
    severity: 'error',
    summary: 'a parameter without a value',
    detail: `nothing gives \`${name}\` a value, and it has no default`,
    help: `pass \`--set ${name}=…\`${fromEnv}, or add a \`default\``,
    span: document.spanOf(['params', name], 'key'),
  };
}

function wrongValue(
  document: SourceDocument,
  detail: string,
  type: ParamType,
  path: readonly string[],
  part: 'key' | 'value',
): Diagnostic {
  return {
    code: 'LS1304',
    severity: 'error',
    summary: 'a parameter value of the wrong type',
    detail,
    help: `give ${FORMS[type]}`,
    span: document.spanOf(path, part),
  };
}

function unknownSetting(name: string, names: readonly string[]): Diagnostic {
  const meant = didYouMean(name, names);
  return {
    code: 'LS1305',
    severity: 'error',
    summary: 'a value for a parameter that the plan does not have',
    detail: `\`--set ${name}=…\` names no parameter of this plan${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`,
    help:
      names.length === 0
        ? 'the plan declares no parameters'
        : `parameters of this plan: ${names.map((each) => `\`${each}\``).join(', ')}`,
  };
}
