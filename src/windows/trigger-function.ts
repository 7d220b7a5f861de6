/**
 * The frame of every PL/pgSQL function of a window. Code of the application runs inside it (triggers, CHECKs, defaults and domains of
 * the table that it writes, and what an expression of the plan calls), and that code names its own tables and functions without a
 * schema. Measured: under `pg_catalog` alone an ordinary audit trigger made every write of the application fail.
 */
import { quoteLiteral } from '../sql/identifier.js';
import { PATH_OF_RUN, PINNED_OF_FUNCTION } from '../sql/pinned-settings.js';

/** `name`: qualified and quoted. */
export function triggerFunction(name: string, body: string, create: 'CREATE' | 'CREATE OR REPLACE' = 'CREATE'): string {
  return windowFunction(`${create} FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER`, body);
}

/** What triggers call, as their owner. `head`: up to its settings. */
export function windowFunction(head: string, body: string): string {
  return `${head}
${PATH_OF_RUN} ${PINNED_OF_FUNCTION}
AS ${quoteLiteral(body)}`;
}
