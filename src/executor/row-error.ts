/**
 * Errors that one row causes: with it the statement fails, without it the others go through. Only these are worth looking
 * for the row. Facts: PostgreSQL documentation, appendix A (error codes).
 */
import { DatabaseError } from './session.js';

const ROW_ERROR_CLASSES = [
  '22', // data exception: invalid text for a type, out of range, division by zero, too long
  '23', // integrity violation: NOT NULL, CHECK, foreign key, unique, exclusion; deferred ones come with COMMIT
  '44', // WITH CHECK OPTION of a view
  'P0', // PL/pgSQL: RAISE of a trigger, no data found, too many rows, a failed ASSERT
];

export type RowCausedError = DatabaseError & { readonly facts: { readonly sqlstate: string } };

/**
 * Never a lost connection, a timeout, a deadlock or a server without memory: they say nothing about rows, and smaller
 * batches would go through until some row was blamed.
 */
export function isRowError(error: unknown): error is RowCausedError {
  if (!(error instanceof DatabaseError) || error.facts.kind !== 'statement') return false;
  return ROW_ERROR_CLASSES.includes(error.facts.sqlstate?.slice(0, 2) ?? '');
}
