/** The commands that come next, complete: with the params of this call, quoted for a shell. Never with a password. */
export function nextCommands(next: readonly string[], set: Readonly<Record<string, string>>): readonly string[] {
  const settings = Object.entries(set).map(([name, value]) => ` --set ${shellWord(`${name}=${value}`)}`);
  // A command that names a file needs its params to read it; a run's name needs none.
  return next.map((command) => (/^lockstep \S+ .*\.ya?ml\b/.test(command) ? command + settings.join('') : command));
}

export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One beneath the other: `Next:` and then `then:` or `or:`. */
export function renderNext(next: readonly string[], are: 'then' | 'or'): string {
  return next.map((command, index) => `${(index === 0 ? 'Next:' : `${are}:`).padStart(5)}  ${command}\n`).join('');
}
