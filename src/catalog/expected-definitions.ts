/**
 * The definitions that are expected at a point of a run: those from before it, and over them what each operation left of
 * what it may have changed. Owns that overlay, and what is compared with it.
 */
import { diffFingerprints, restrictTo, type Definitions, type FingerprintChange } from './fingerprint.js';

/** What there was, once an operation was done, of all that has one of these keys and that hangs on it. */
export interface RecordedDefinitions {
  readonly keys: readonly string[];
  readonly definitions: Definitions;
}

/** `records` in the order in which they were made. */
export function expectedAfter(before: Definitions, records: readonly RecordedDefinitions[]): Definitions {
  return records.reduce<Definitions>((expected, record) => {
    const replaced = whatHas(expected, [...record.keys, ...relationsIn(record.definitions)]);
    const kept = Object.entries(expected).flatMap(([identity, definition]) => {
      if (!replaced.has(identity)) return [[identity, definition] as const];
      // A function of triggers on several tables, of which these no longer call it, is still there for the others.
      const left = definition.dependsOn.filter((key) => !record.keys.includes(key));
      const stays = definition.partOf === undefined && left.length > 0 && !named(identity, record.keys);
      return stays ? [[identity, { ...definition, dependsOn: left }] as const] : [];
    });
    return { ...Object.fromEntries(kept), ...record.definitions };
  }, before);
}

/**
 * How `now` differs from `expected` in what has one of the keys and what hangs on it, but for what an operation that is under
 * way may be changing.
 */
export function driftFrom(
  expected: Definitions,
  now: Definitions,
  { keys, except }: { readonly keys: readonly string[]; readonly except: readonly string[] },
): readonly FingerprintChange[] {
  const compared = keys.filter((key) => !except.includes(key));
  const open = new Set([...whatHas(expected, except), ...whatHas(now, except)]);
  const closed = (definitions: Definitions): Definitions =>
    Object.fromEntries(Object.entries(restrictTo(definitions, compared)).filter(([identity]) => !open.has(identity)));
  return diffFingerprints(closed(expected), closed(now));
}

/** Identities of what has one of the keys, as a relation, an index or a function, and of all that hangs on these. */
function whatHas(definitions: Definitions, keys: readonly string[]): ReadonlySet<string> {
  const own = Object.keys(definitions).filter((identity) => named(identity, keys));
  return new Set([...Object.keys(restrictTo(definitions, keys)), ...own]);
}

/** `index public.users_email`, `comment on index public.users_email`, `function public.touch()`. */
function named(identity: string, keys: readonly string[]): boolean {
  const [, name] = /^(?:comment on )?(?:index|statistics object|statistics|function) ([^(]+)/.exec(identity) ?? [];
  return name !== undefined && keys.some((key) => bare(key) === bare(name));
}

/** The server's quoting and ours may differ over a key word. */
function bare(name: string): string {
  return name.replaceAll('"', '');
}

function relationsIn(definitions: Definitions): readonly string[] {
  return Object.entries(definitions).flatMap(([identity, { partOf }]) =>
    partOf !== undefined && identity.startsWith('relation ') ? [partOf] : [],
  );
}
