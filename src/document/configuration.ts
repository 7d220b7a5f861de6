/**
 * `lockstep.config.yaml`: what is true of all plans of a project. Owns its schema, reading it, and which environment
 * variables a target's connection is made of. Finding the file belongs to `commands`, connecting to `postgres`.
 *
 * Problems are found and shown in a text whose passwords are blotted out: what reports them never knew them.
 */
import type { Diagnostic, Outcome } from '../kernel/diagnostic.js';
import { list, map, object, text as textSchema, type JsonSchema } from '../kernel/json-schema.js';
import { maskPasswordKeys, maskPasswords } from '../kernel/mask-passwords.js';
import { lineIndex, type LineIndex } from '../kernel/span.js';
import type { Approvers } from '../operation/approvers.js';
import { CONFIG_CODES } from './codes-config.js';
import { readYaml } from './read-yaml.js';
import { validateSchema } from './schema-validation.js';
import type { SourceDocument } from './source-document.js';

export interface Configuration {
  readonly targets: Readonly<Record<string, Target>>;
  /** Whose approval counts, by the group that gates name. */
  readonly approvers: Approvers;
  /** Without passwords. */
  readonly source: SourceDocument;
}

export interface Target {
  /** As it is written: with `${NAME}`, and with a password where somebody wrote one. */
  readonly url: string;
  readonly replicas?: readonly string[];
}

export function readConfiguration(file: string, text: string): Outcome<Configuration> {
  const masked = maskPasswordKeys(maskPasswords(text));
  const shown = readYaml(file, masked);
  if (!shown.ok) return { ok: false, diagnostics: shown.diagnostics.map(aboutConfiguration) };
  const diagnostics = validateSchema(shown.value, CONFIGURATION_SCHEMA);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const read = readYaml(file, text);
  if (!read.ok)
    return { ok: false, diagnostics: read.diagnostics.map((one) => withoutWords(one, lineIndex(file, masked))) };
  const { targets = {}, approvers = {} } = read.value.value as Partial<Pick<Configuration, 'targets' | 'approvers'>>;
  return { ok: true, value: { targets, approvers, source: shown.value }, diagnostics: [] };
}

/** The target's URL with what the environment says put in, as it is: a password is percent-encoded there already. */
export function targetUrl(
  { targets, source }: Configuration,
  target: string,
  env: Readonly<Record<string, string | undefined>>,
): Outcome<string> {
  const path = ['targets', target, 'url'];
  const diagnostics: Diagnostic[] = [];
  const url = targets[target]!.url.replace(REFERENCE, (written, name: string | undefined, offset: number) => {
    const value = name === undefined ? undefined : env[name];
    if (value !== undefined && value !== '') return value;
    const span = source.spanWithin(path, offset, offset + written.length);
    diagnostics.push({ ...(name === undefined ? UNREADABLE : unset(name, target)), span });
    return '';
  });
  return diagnostics.length > 0 ? { ok: false, diagnostics } : { ok: true, value: url, diagnostics };
}

/** Without the group: something that looks like a reference and is none. */
const REFERENCE = /\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?/g;

function unset(name: string, target: string): Diagnostic {
  return {
    code: 'LS1501',
    severity: 'error',
    summary: CONFIG_CODES.LS1501.summary,
    detail: `the target \`${target}\` is reached by what the environment variable ${name} says, and it says nothing`,
    help: `set ${name}, or name the database with --database-url`,
  };
}

const UNREADABLE: Diagnostic = {
  code: 'LS1502',
  severity: 'error',
  summary: CONFIG_CODES.LS1502.summary,
  detail: 'the name of an environment variable and `}` are expected behind `${`',
  help: 'write `${NAME}`; a `$` that means itself is percent-encoded: `%24`',
};

/** One shell word, so that it can be typed behind `--target` as it is. */
const TARGET_NAME = {
  pattern: '^[A-Za-z][A-Za-z0-9_-]*$',
  maxLength: 40,
  'x-lockstep-pattern-hint': 'a letter, then letters, digits, `-` and `_`, at most 40 characters: `prod-eu`',
};

const CONNECTION = { minLength: 1 };

const TARGET: JsonSchema = {
  ...object(
    'A database that plans are run on.',
    {
      url: textSchema('its connection: `postgresql://…`; `${NAME}` stands for an environment variable', CONNECTION),
      replicas: list(textSchema('the connection of a standby', CONNECTION), 'Its standbys; nothing asks them yet.'),
    },
    ['url'],
  ),
  'x-lockstep-noun': 'target',
};

const APPROVERS: JsonSchema = {
  ...object('Who approves for a group.', {
    roles: list(
      textSchema('a role of the database', CONNECTION),
      'Whoever has one of them may approve; without it, members of the role that is called like the group.',
    ),
    own: {
      ...textSchema('whether the role that began a run may approve it; else somebody else must'),
      enum: ['allow', 'refuse'],
    },
  }),
  'x-lockstep-noun': 'group',
};

export const CONFIGURATION_SCHEMA: JsonSchema = {
  $id: 'https://lockstep.dev/schemas/configuration.schema.json',
  'x-lockstep-noun': 'configuration',
  ...object('What is true of all plans of a project.', {
    targets: { ...map(TARGET, 'The databases that plans are run on, by name.'), propertyNames: TARGET_NAME },
    approvers: map(APPROVERS, 'Whose approval counts, by the group that a gate names under `approval`.'),
  }),
};

function aboutConfiguration(diagnostic: Diagnostic): Diagnostic {
  if (diagnostic.code !== 'LS1010') return diagnostic;
  return { ...diagnostic, help: 'a configuration has targets: `targets: { prod: { url: "${PROD_DATABASE_URL}" } }`' };
}

/** Only the password makes the difference to the text that could be read: nothing of it may be repeated. */
function withoutWords({ code, severity, summary, span }: Diagnostic, masked: LineIndex): Diagnostic {
  const help = 'take it from the environment: "${NAME}"';
  const detail = 'a password here holds characters that mean something in YAML';
  const said = { code, severity, summary, detail, help };
  return span === undefined ? said : { ...said, span: masked.span(span.start.offset, span.end.offset) };
}
