/**
 * Keys as text: where a window notes a key, or tells one row from another across two sessions. Equal is what the type of the key calls
 * equal: `citext` in upper and lower case, `numeric` with more or fewer zeros. So such values have one text, which is a value of
 * the type again; and a type whose equal values have several texts, none of which can be told, is no key of a window.
 */

export interface KeyColumn {
  /** Quoted as SQL. */
  readonly name: string;
  readonly type: string;
  /** Only where `type` is a domain: the type under it. */
  readonly baseType?: string;
}

/** SQL of type text. */
export function keyText(value: string, { type, baseType }: KeyColumn): string {
  const ground = baseType ?? type;
  if (isCitext(ground)) return `pg_catalog.lower(${value}::${type}::text COLLATE "default")`;
  if (/^numeric\b/.test(ground)) return `pg_catalog.trim_scale(${value}::${type})::text`;
  return `${value}::${type}::text`;
}

/** Why equal values of the type have several texts; undefined: they have one. */
export function whyNoKeyText({ type, baseType }: KeyColumn): string | undefined {
  const ground = (baseType ?? type).replace(/\(.*\)/, '');
  const element = ground.replace(/(\[\])+$/, '');
  if (NO_ONE_TEXT.test(element)) return 'equal values of it are written in several ways';
  const shaped = isCitext(element) || /^(numeric|character|bpchar)$/.test(element);
  return shaped && element !== ground ? 'equal elements of it are written in several ways' : undefined;
}

/** Minus zero; a day and 24 hours; numbers inside of documents and of ranges. */
const NO_ONE_TEXT = /^(real|double precision|interval|jsonb|numrange|nummultirange)$/;

function isCitext(type: string): boolean {
  return /(^|\.)citext$/.test(type);
}
