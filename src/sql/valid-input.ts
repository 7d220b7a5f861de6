/**
 * Whether a text can be read as a value of a type, as a condition that is false and never raises: one bad row would
 * otherwise end the query that looks for bad rows. Server 16 has a function for it; below it the syntax of the types that
 * keys have is written out here.
 */
import { quoteLiteral } from './identifier.js';

/** Since this version there is `pg_input_is_valid`. */
export const ASKS_INPUT_FUNCTIONS = 160_000;

/** What can be asked of a server below 16, by the name that `format_type` prints. */
export const TYPES_WITH_KNOWN_SYNTAX = ['uuid', 'smallint', 'integer', 'bigint'] as const;

/** `text`: SQL of a text under the collation C. Undefined: this server cannot tell without raising. */
export function validInput(text: string, type: string, versionNum: number): string | undefined {
  if (versionNum >= ASKS_INPUT_FUNCTIONS) return `pg_catalog.pg_input_is_valid(${text}, ${quoteLiteral(type)})`;
  // Nearly all stand as the server prints them, which costs a fraction of the regular expression to see.
  if (type === 'uuid') return `CASE WHEN ${printed(text)} THEN true ELSE ${text} ~ ${quoteLiteral(UUID)} END`;
  const range = INTEGERS[type];
  if (range === undefined) return undefined;
  // The digits first: numeric reads all of them, but it raises where a text is no number at all.
  return `CASE WHEN ${text} ~ ${quoteLiteral(INTEGER)} THEN ${text}::numeric BETWEEN ${range} ELSE false END`;
}

const GROUPS = '([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}';

/** As `uuid_in` reads it: braces around all or nothing, a hyphen or none behind every four digits, no blanks. */
const UUID = `^(${GROUPS}|\\{${GROUPS}\\})$`;

function printed(text: string): string {
  return `translate(${text}, '123456789abcdefABCDEF', '000000000000000000000') = '00000000-0000-0000-0000-000000000000'`;
}

/** As `int4in` of server 15 reads it: blanks around, a sign, leading zeros. More than 19 digits are above every bigint. */
const INTEGER = '^\\s*[-+]?0*[0-9]{1,19}\\s*$';

const INTEGERS: Readonly<Record<string, string>> = {
  smallint: '-32768 AND 32767',
  integer: '-2147483648 AND 2147483647',
  bigint: '-9223372036854775808 AND 9223372036854775807',
};
