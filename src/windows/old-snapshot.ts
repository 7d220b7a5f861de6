/**
 * A condition of PL/pgSQL: a transaction at another level than READ COMMITTED does not see what was committed after its snapshot, so
 * what it does not find may be there.
 */
export const OLD_SNAPSHOT = "pg_catalog.current_setting('transaction_isolation') <> 'read committed'";
