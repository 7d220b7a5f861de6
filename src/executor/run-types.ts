/** What a run counts; shared by executor, journal and reports. */

/** Rows; of one operation, over all its batches. */
export interface Counts {
  readonly read: number;
  readonly changed: number;
  readonly skipped: number;
  readonly kept: number;
  /** Stand aside because they are refused; read includes them. */
  readonly quarantined: number;
  readonly batches: number;
}

export const NO_COUNTS: Counts = { read: 0, changed: 0, skipped: 0, kept: 0, quarantined: 0, batches: 0 };
