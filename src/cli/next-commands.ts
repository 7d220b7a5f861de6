/** The commands that come next, complete: with the params and the target of this call, quoted for a shell. Never with a password. */
import type { CommonOptions } from './invocation.js';

export function nextCommands(
  next: readonly string[],
  { set, target, config }: Pick<CommonOptions, 'set' | 'target' | 'config'>,
): readonly string[] {
  const settings = Object.entries(set).map(([name, value]) => ` --set ${shellWord(`${name}=${value}`)}`);
  const places = Object.entries({ target, config }).map(([name, value]) =>
    value === undefined ? '' : ` --${name} ${shellWord(value)}`,
  );
  return next.map((command) => {
    if (!USES_TARGETS.test(command)) return command;
    // A command that names a file needs its params to read it; a run's name needs none.
    const params = /^lockstep \S+ .*\.ya?ml\b/.test(command) ? settings : [];
    return [command, ...params, ...places].join('');
  });
}

const USES_TARGETS = /^lockstep (plan|show|apply|approve|status|verify|rollback|replay)\b(?!.* --help)/;

export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One beneath the other: `Next:` and then `then:` or `or:`. */
export function renderNext(next: readonly string[], are: 'then' | 'or'): string {
  return next.map((command, index) => `${(index === 0 ? 'Next:' : `${are}:`).padStart(5)}  ${command}\n`).join('');
}
