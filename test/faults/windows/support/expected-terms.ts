/** The words of the tables of expected outcomes: which writes fare alike, and why some cannot be. */
export const ROW_WAITS =
  'update, mapped; delete; key change; leaves where; upsert, there; delete that cascades; through a BEFORE trigger; through an AFTER trigger';
export const NEW_ROWS = 'insert; enters where; upsert, new; COPY';
export const ONLY_DELETES = 'delete; leaves where; delete that cascades';
export const WRITES_TOO =
  'update, mapped; key change; upsert, there; through a BEFORE trigger; through an AFTER trigger';

export const NO_MIRROR = '– the mirror is not called';
export const NO_TARGET_WRITE = '– the mirror writes no row';
export const REFUSED = 'at once, 55006';

/** Under no lock that would keep a writer out. */
export const ALL_GO_ON = (truncate: string): string => `
    ${NEW_ROWS}; ${ROW_WAITS}; update, unmapped | goes on, ok | goes on, ok
    TRUNCATE         | ${truncate} | ${truncate}`;

/** Under locks on whole tables everybody waits. */
export const ALL_WAIT = (truncate: string): string => `
    ${NEW_ROWS}; ${ROW_WAITS}; update, unmapped | waits, ok | waits, ok
    TRUNCATE         | ${truncate} | ${truncate}`;
