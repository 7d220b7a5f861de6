/**
 * The frame of every PL/pgSQL function of a window. Code of the application runs inside it (triggers, CHECKs, defaults and domains of
 * the table that it writes, and what an expression of the plan calls), and that code names its own tables and functions without a
 * schema. Measured: under `pg_catalog` alone an ordinary audit trigger made every write of the application fail.
 */
import { quoteLiteral } from '../sql/identifier.js';
import { PATH_OF_RUN, pinnedOfFunction } from '../sql/pinned-settings.js';

export interface WindowTrigger {
  /** Qualified and quoted. */
  readonly name: string;
  readonly body: string;
  /** Whether expressions of the plan run in it. */
  readonly computes: boolean;
  readonly create?: 'CREATE' | 'CREATE OR REPLACE' | undefined;
}

export function windowTrigger({ name, body, computes, create = 'CREATE' }: WindowTrigger): string {
  return windowFunction(
    `${create} FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER`,
    body,
    computes,
  );
}

/** What triggers call, as their owner. `head`: up to its settings. */
export function windowFunction(head: string, body: string, computes: boolean): string {
  return `${head}
${PATH_OF_RUN} ${pinnedOfFunction(computes)}
AS ${quoteLiteral(body)}`;
}
