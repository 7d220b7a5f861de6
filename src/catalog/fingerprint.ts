/**
 * The fingerprint of a catalog: one text per object that a DDL can change, and a digest over them. Two fingerprints are
 * equal exactly where the definitions are; rows and statistics play no part. Owns comparing and restricting; reading the
 * definitions belongs to `postgres`.
 *
 * Definitions are the server's own words, and those differ between major versions: fingerprints of different major
 * versions cannot be compared.
 */
import { digestOf } from '../kernel/digest.js';

export interface Definition {
  /** What a DDL would have to change; may have several lines. */
  readonly text: string;
  /** `relationKey` of the relation that it is a part of: a column's table; for a relation, itself. */
  readonly partOf?: string;
  /** Keys of further relations that it hangs on: what a foreign key points to, a view reads, a trigger function serves. */
  readonly dependsOn: readonly string[];
}

/** By identity, sorted: `column public.users.email`, `index public.users_email_key`, `relation public.users`. */
export type Definitions = Readonly<Record<string, Definition>>;

export interface FingerprintChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly identity: string;
  /** For a person: `changed column public.users.email: text → character varying(255)`. */
  readonly line: string;
}

export function fingerprintOf(definitions: Definitions): string {
  return digestOf(Object.fromEntries(Object.entries(definitions).map(([identity, { text }]) => [identity, text])));
}

/** What happened between `before` and `after`, by identity. Empty exactly where the fingerprints are equal. */
export function diffFingerprints(before: Definitions, after: Definitions): readonly FingerprintChange[] {
  const identities = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return identities.flatMap((identity): readonly FingerprintChange[] => {
    const [old, now] = [before[identity]?.text, after[identity]?.text];
    if (old === now) return [];
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    const told = old !== undefined && now !== undefined ? difference(old, now) : firstLine(old ?? now ?? '');
    return [{ change, identity, line: `${change} ${identity}${told === '' ? '' : `: ${told}`}` }];
  });
}

/**
 * The definitions of the relations with these keys, and all that hangs on them: their parts, and whole relations that hang
 * on them in turn, such as partitions, owned sequences, and views upon views.
 */
export function restrictTo(definitions: Definitions, relations: readonly string[]): Definitions {
  const entries = Object.entries(definitions);
  const wanted = new Set(relations);
  const hanging = entries.filter(([identity, { partOf }]) => identity === relationIdentity(partOf));
  for (let size = -1; size !== wanted.size;) {
    size = wanted.size;
    for (const [, { partOf, dependsOn }] of hanging) if (dependsOn.some((key) => wanted.has(key))) wanted.add(partOf!);
  }
  return Object.fromEntries(
    entries.filter(
      ([, { partOf, dependsOn }]) => wanted.has(partOf ?? '') || dependsOn.some((relation) => wanted.has(relation)),
    ),
  );
}

/** Identity of the definition of a relation itself, as against one of its parts. */
export function relationIdentity(key: string | undefined): string {
  return `relation ${key ?? ''}`;
}

/** The lines that differ, at most three of each side: a person looks for the change, not for the whole function. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const gone = old.filter((line) => !now.includes(line));
  const come = now.filter((line) => !old.includes(line));
  if (gone.length === 0 && come.length === 0) return 'the same lines in another order or number';
  return `${shown(gone)} → ${shown(come)}`;
}

function shown(lines: readonly string[]): string {
  if (lines.length === 0) return '(nothing)';
  const rest = lines.length > 3 ? ` … and ${lines.length - 3} more lines` : '';
  return (
    lines
      .slice(0, 3)
      .map((line) => line.trim())
      .join('; ') + rest
  );
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end === -1 ? text : `${text.slice(0, end)} …`;
}
