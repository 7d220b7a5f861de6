/**
 * `quiet_hours`: the hours in which something is allowed. Of a gate, and of the plan's `throttle`: the same words, refused for
 * the same reasons.
 */
import { isTimeZone, TIME_OF_DAY_PATTERN, type DailyWindow } from '../kernel/daily-window.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { object, text, type JsonSchema } from '../kernel/json-schema.js';
import type { Span } from '../kernel/span.js';
import { QUIET_HOURS_CODES } from './quiet-hours-codes.js';

export interface QuietHoursFields {
  readonly from: string;
  readonly to: string;
  readonly time_zone: string;
}

export function quietHoursSchema(told: {
  readonly description: string;
  readonly from: string;
  readonly to: string;
}): JsonSchema {
  return object(
    told.description,
    {
      from: timeOfDay(told.from),
      to: timeOfDay(`${told.to}; before \`from\`: on the next day`),
      time_zone: text('by whose clock, as IANA names it: `UTC`, `Europe/Berlin`'),
    },
    ['from', 'to', 'time_zone'],
  );
}

function timeOfDay(description: string): JsonSchema {
  return {
    ...text(description),
    pattern: TIME_OF_DAY_PATTERN,
    'x-lockstep-pattern-hint': 'hours and minutes: `05:00`',
  };
}

export function toWindow({ from, to, time_zone }: QuietHoursFields): DailyWindow {
  return { from, to, timeZone: time_zone };
}

/** `spanOf`: the place of a field. */
export function quietHoursProblems(
  { from, to, timeZone }: DailyWindow,
  spanOf: (field: keyof QuietHoursFields) => Span | undefined,
): readonly Diagnostic[] {
  const problem = (
    code: keyof typeof QUIET_HOURS_CODES,
    field: keyof QuietHoursFields,
    detail: string,
    help: string,
  ): Diagnostic => {
    const span = spanOf(field);
    const { summary } = QUIET_HOURS_CODES[code];
    return { code, severity: 'error', summary, detail, help, ...(span !== undefined && { span }) };
  };
  return [
    ...(isTimeZone(timeZone)
      ? []
      : [
          problem(
            'LS1406',
            'time_zone',
            `\`${timeZone}\` is not the name of a time zone.`,
            'write a name such as `UTC` or `Europe/Berlin`; an offset would not know summer time',
          ),
        ]),
    ...(from !== to
      ? []
      : [
          problem(
            'LS1407',
            'to',
            `From ${from} to ${to} is no time at all.`,
            'give the window a length, or remove `quiet_hours` where it is always allowed',
          ),
        ]),
  ];
}
