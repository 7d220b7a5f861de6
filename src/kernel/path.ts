/** Where a value stands inside a document: keys and indexes from the root. `[]` is the root itself. */
export type Path = readonly (string | number)[];
