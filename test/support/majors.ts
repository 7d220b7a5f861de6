/**
 * The servers that a test file runs on. What differs between versions runs on both ends of what lockstep supports: catalogs,
 * definitions, locks, and the first file of each kind, which sends every form of its SQL. What does not differ runs on one, some
 * files on the old and some on the new. `LOCKSTEP_MAJORS=all` runs everything on both.
 */

/** The first is the default. */
export const MAJORS: readonly number[] = [18, 15];

const all = process.env['LOCKSTEP_MAJORS'] === 'all';

/** For a file whose subject is not PostgreSQL's: the walk, retries, words, what a plan refuses. */
export const ON_NEW: readonly number[] = all ? MAJORS : [18];

/** The same, on the old server: it refuses what only newer ones know. */
export const ON_OLD: readonly number[] = all ? MAJORS : [15];
