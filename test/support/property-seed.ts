/**
 * The seed of property tests: the same on every machine, so that a run that is red once is red again. Other values are
 * tried with `LOCKSTEP_SEED=random` or a number; fast-check prints the seed of what it finds.
 */
import fc from 'fast-check';

const given = process.env['LOCKSTEP_SEED'] ?? '20261121';

fc.configureGlobal(given === 'random' ? {} : { seed: Number(given) });
