/** What a window is called in a database: `plan/step`. */

export function windowName(plan: string, step: string): string {
  return `${plan}/${step}`;
}

/** The step that opens it, also where it is the window of another plan. */
export function stepOfWindow({ name }: { readonly name: string }): string {
  return name.slice(name.indexOf('/') + 1);
}

/** Triggers fire in the order of their names' bytes: the first of those that are called like this comes before `RI_…`. */
export const FIRST_TRIGGER = '00 lockstep ';

/** A BEFORE trigger sees what the triggers before it made of the row. */
export const LAST_TRIGGER = '~ lockstep ';

/** Whether an identity of a fingerprint is a trigger of a window that another plan has opened. */
export function isMirrorOfOthers(identity: string, plan: string): boolean {
  const [, label] = MIRROR.exec(identity) ?? [];
  return label !== undefined && !isOf(plan, label);
}

const MIRROR = /^trigger .*\."(?:00|~) lockstep (.*)"$/s;

/** `label`: what the triggers of a window are called; a long one was cut, and may end before the step. */
export function isOf(plan: string, label: string): boolean {
  const [kept, digest] = label.split('~');
  return label.startsWith(`${plan}/`) || (digest !== undefined && `${plan}/`.startsWith(kept!));
}
