/** The words for what `read-yaml` refuses: code, what, why, what to do. Where it stands is added by the caller. */
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { YAML_CODES } from './codes-yaml.js';
import type { SLOT_CODES } from './codes-slots.js';

export interface Refusal extends Pick<Diagnostic, 'summary' | 'detail' | 'help'> {
  readonly code: keyof typeof YAML_CODES | keyof typeof SLOT_CODES;
}

const quoteIt = 'if text was meant, put it in quotes';

export const YAML_REFUSALS = {
  /** What a single token is refused for, by the lexer's name of its type. */
  ofToken(type: string, source: string): Refusal | undefined {
    switch (type) {
      case 'alias':
        return {
          code: 'LS1002',
          summary: 'an alias',
          detail: `\`${source}\` repeats something written elsewhere; a plan says at each place what happens there`,
          help: `write the value out; ${quoteIt}`,
        };
      case 'anchor':
        return {
          code: 'LS1003',
          summary: 'an anchor',
          detail: `\`${source}\` marks a value for aliases, and aliases are refused`,
          help: `remove it; ${quoteIt}`,
        };
      case 'tag':
        return {
          code: 'LS1005',
          summary: 'a tag',
          detail: `\`${source}\` would change the type of the value; the schema says which type belongs here`,
          help: `remove it; ${quoteIt}`,
        };
      case 'directive-line':
        return {
          code: 'LS1014',
          summary: 'a YAML directive',
          detail: `\`${source}\` changes how the rest of the file is read; plans are YAML 1.2, always`,
          help: 'remove the line',
        };
      default:
        return undefined;
    }
  },

  mergeKey: (): Refusal => ({
    code: 'LS1004',
    summary: 'a merge key',
    detail: '`<<` would bring in keys that are not written here; tools disagree about which side wins',
    help: 'write the keys out; what many steps share belongs in `defaults`',
  }),

  duplicateKey: (key: string): Refusal => ({
    code: 'LS1006',
    summary: 'a key twice in one map',
    detail: `\`${key}\` is already a key of this map; one of the two values would be lost`,
    help: 'remove one of them, or merge the two',
  }),

  tooLarge: (bytes: number, limit: number): Refusal => ({
    code: 'LS1007',
    summary: 'a file too large',
    detail: `the file has ${bytes} bytes; a plan may have ${limit} (1 MiB)`,
    help: 'split the plan',
  }),

  tooDeep: (limit: number): Refusal => ({
    code: 'LS1008',
    summary: 'too many levels',
    detail: `lists and maps are nested more than ${limit} levels deep here`,
    help: 'look for an unclosed bracket; no construct of the language needs ten levels',
  }),

  secondDocument: (): Refusal => ({
    code: 'LS1009',
    summary: 'more than one document',
    detail: 'a second YAML document begins here; a file holds one plan',
    help: 'put each plan into its own file, or remove the line',
  }),

  emptyDocument: (): Refusal => ({
    code: 'LS1010',
    summary: 'an empty file',
    detail: 'there is nothing here but blanks and comments',
    help: 'a plan has at least `lockstep`, `name` and `steps`; `plans/` has some to begin with',
  }),

  inexactNumber: (source: string, why: string): Refusal => ({
    code: 'LS1011',
    summary: 'a number that would be changed',
    detail: `\`${source}\` would not stay as it is written: ${why}`,
    help: `write a plain decimal number; if text or SQL was meant, put it in quotes: "${source}"`,
  }),

  keyNotText: (source: string): Refusal => ({
    code: 'LS1012',
    summary: 'a key that is not text',
    detail: source === '' ? 'the key is missing' : `${inline(source)} is not text; keys are names`,
    help: source === '' ? 'write the key before the colon' : 'put it in quotes if it really is the name',
  }),

  controlCharacter: (character: string): Refusal => ({
    code: 'LS1013',
    summary: 'a control character',
    detail: `the invisible character U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} stands here`,
    help: character === '\r' ? 'end lines with LF or CR LF' : 'remove it; retyping the line is the surest way',
  }),

  quoteNotClosed: (quote: string): Refusal => ({
    code: 'LS1001',
    summary: 'not YAML',
    detail: `the quote that opens here is never closed`,
    help: `close it with ${quote} where the text ends; a ${quote} inside the text is written ${quote === "'" ? "''" : String.raw`\"`}`,
  }),

  splitAtComma: (source: string): Refusal => ({
    code: 'LS1204',
    summary: 'text split at a comma',
    detail: `inside \`{ }\` and \`[ ]\` YAML ends an unquoted text at each comma, so this is not one value`,
    help: `put it in quotes: "${oneLine(source)}"`,
  }),

  unquotedTemplate: (source: string): Refusal => ({
    code: 'LS1301',
    summary: 'a parameter outside quotes',
    detail: `without quotes YAML reads ${inline(source)} as a map inside a map`,
    help: `put the whole value in quotes: "${oneLine(source)}"`,
  }),
} as const;

/** What the YAML parser complained about, with a remedy for the complaints that need one. */
export function syntaxRefusal(parserCode: string, message: string): Refusal {
  const help = message.startsWith('Comments must') ? COMMENT_HELP : (SYNTAX_HELP[parserCode] ?? FALLBACK_HELP);
  return { code: 'LS1001', summary: 'not YAML', detail: oneLine(message), help };
}

const COMMENT_HELP = 'put a space before the `#`; if it belongs to a text, put the text in quotes';
const FALLBACK_HELP = `compare the indentation and the quotes with the lines around it; ${quoteIt}`;

const SYNTAX_HELP: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: 'in double quotes a backslash begins an escape; write `\\\\`, or use single quotes',
  BAD_INDENT: 'indent the entries of one list or map alike, and what belongs to them further',
  BAD_SCALAR_START: 'text that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a text that holds `: ` needs quotes; so does a second `:` in one line',
  BLOCK_IN_FLOW: 'inside `{ }` and `[ ]` write lists as `[a, b]` and texts in quotes',
  KEY_OVER_1024_CHARS: 'a key has at most 1024 characters; is a quote or a brace not closed?',
  MISSING_CHAR:
    'close what was opened: a quote, `}` or `]`; put a space after `:` and `,`; SQL with brackets inside `{ }` needs quotes',
  MULTILINE_IMPLICIT_KEY: 'is a `:` missing at the end of the line before, or a quote not closed?',
  TAB_AS_INDENT: 'indent with spaces',
};

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function inline(source: string): string {
  const line = oneLine(source);
  return `\`${line.length > 40 ? `${line.slice(0, 39)}…` : line}\``;
}
