/**
 * The names of a document: whether each can be read, has the number of parts that its place asks for, and is not longer
 * than what PostgreSQL keeps. Whether it exists is for the catalog.
 */
import type { Diagnostic } from '../kernel/diagnostic.js';
import { byPosition } from '../kernel/diagnostic.js';
import type { NameSlot } from '../kernel/json-schema.js';
import { parseName } from '../sql/identifier.js';
import type { NameSlotAt, Slot } from './collect-slots.js';
import type { SourceDocument } from './source-document.js';

/** In the order of the file. Slots of other kinds are passed over. */
export function checkNameSlots(document: SourceDocument, slots: readonly Slot[]): readonly Diagnostic[] {
  return slots
    .filter((slot) => slot.kind === 'name')
    .filter(({ path }) => !document.isUnsettled(path))
    .map((slot) => checkSlot(document, slot))
    .filter((diagnostic) => diagnostic !== undefined)
    .sort(byPosition);
}

interface NameForm {
  readonly least: number;
  readonly most: number;
  readonly example: string;
}

/** Types are left out: `numeric(10, 2)[]` is not a name, and the server reads it. */
const FORMS: Readonly<Partial<Record<NameSlot, NameForm>>> = {
  relation: { least: 1, most: 2, example: '`users` or `auth.users`' },
  column: { least: 1, most: 1, example: '`id`' },
  'table.column': { least: 2, most: 3, example: '`users.id` or `auth.users.id`' },
  schema: { least: 1, most: 1, example: '`auth`' },
  function: { least: 1, most: 2, example: '`total(integer)` or `billing.total`' },
  trigger: { least: 2, most: 3, example: '`users.touch` (table, then trigger)' },
  constraint: { least: 2, most: 3, example: '`users.users_pkey` (table, then constraint)' },
  index: { least: 1, most: 2, example: '`users_email_idx` or `auth.users_email_idx`' },
  extension: { least: 1, most: 1, example: '`pg_trgm`' },
};

function checkSlot(document: SourceDocument, { path, slot, value }: NameSlotAt): Diagnostic | undefined {
  const form = FORMS[slot];
  if (form === undefined) return undefined;
  // Argument types may hold dots and brackets of their own.
  const name = slot === 'function' ? value.replace(/\([^()]*(\([^()]*\)[^()]*)*\)$/, '') : value;
  const parsed = parseName(name);
  const detail = parsed.ok ? wrongCount(name, parsed.parts.length, form) : `\`${name}\`: ${parsed.reason}`;
  if (detail === undefined) return undefined;
  return {
    code: 'LS1205',
    severity: 'error',
    summary: 'a name that cannot be read',
    detail,
    help: detail.includes(' bytes long')
      ? 'choose a shorter name'
      : `write ${form.example}; a part that holds a dot or a quote in double quotes: '"odd.name"'`,
    span: document.spanOf(path),
  };
}

function wrongCount(name: string, parts: number, { least, most }: NameForm): string | undefined {
  if (parts >= least && parts <= most) return undefined;
  const wanted = least === most ? String(least) : `${least} or ${most}`;
  return `\`${name}\` has ${parts} ${parts === 1 ? 'part' : 'parts'}; a name here has ${wanted}`;
}
