/** The one order in which operations are listed: the way there, then the way back, each as its graph lists them. */
import { sql } from 'kysely';

export const UNDO_PREFIX = 'undo/';

export const inOrder = sql`(id LIKE 'undo/%'), ordinal`;
