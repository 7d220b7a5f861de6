/** Closes a switch over a union: a new member stops the compiler here, an impossible value stops the program. */
export function assertNever(value: never): never {
  throw new Error(`not a member of its union: ${JSON.stringify(value)}`);
}
