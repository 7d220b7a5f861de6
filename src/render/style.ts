/**
 * Colours and weights for a terminal. The only importer of chalk. Nothing is said by colour alone: without it every
 * text reads the same.
 */
import { Chalk } from 'chalk';

export interface Style {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly success: (text: string) => string;
  /** Headings, and what a reader looks for first. */
  readonly strong: (text: string) => string;
  /** Frames, line numbers, and what is said beside the point. */
  readonly faint: (text: string) => string;
  /** What to do next. */
  readonly hint: (text: string) => string;
}

const asIs = (text: string): string => text;

export const PLAIN_STYLE: Style = {
  error: asIs,
  warning: asIs,
  success: asIs,
  strong: asIs,
  faint: asIs,
  hint: asIs,
};

/** What decides about colour; given, not looked up, so that the same inputs give the same bytes. */
export interface StyleInputs {
  /** Whether the stream that is written to is a terminal. */
  readonly isTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function styleFor(inputs: StyleInputs): Style {
  const level = colourLevel(inputs);
  if (level === 0) return PLAIN_STYLE;
  const chalk = new Chalk({ level });
  return {
    error: (text) => chalk.red.bold(text),
    warning: (text) => chalk.yellow.bold(text),
    success: (text) => chalk.green.bold(text),
    strong: (text) => chalk.bold(text),
    faint: (text) => chalk.dim(text),
    hint: (text) => chalk.cyan(text),
  };
}

/**
 * `NO_COLOR` (any value but the empty one) wins; then `FORCE_COLOR` (`0` and `false` mean none); then a terminal that is
 * not dumb, outside of CI. Sixteen colours are enough for everything that we write.
 */
function colourLevel({ isTty, env }: StyleInputs): 0 | 1 {
  if ((env.NO_COLOR ?? '') !== '') return 0;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR === '0' || env.FORCE_COLOR === 'false' ? 0 : 1;
  const inCi = (env.CI ?? '') !== '' && env.CI !== 'false';
  return isTty && env.TERM !== 'dumb' && !inCi ? 1 : 0;
}
