/** What a window is called in a database: `plan/step`. */

export function windowName(plan: string, step: string): string {
  return `${plan}/${step}`;
}

/** The step that opens it, also where it is the window of another plan. */
export function stepOfWindow({ name }: { readonly name: string }): string {
  return name.slice(name.indexOf('/') + 1);
}
