/** Ids of a plan: each used once, and every reference to one that is there. */
import type { Diagnostic } from '../kernel/diagnostic.js';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { RefSlot } from '../kernel/json-schema.js';
import type { Path } from '../kernel/path.js';
import { STEP_KINDS } from '../steps/registry.js';
import type { RefSlotAt, Slot } from './collect-slots.js';
import { OTHER_WINDOW } from './other-window.js';
import { PLAN_CODES } from './plan-codes.js';
import { isObject } from './schema-walk.js';
import type { SourceDocument } from './source-document.js';

/** Looks only at what has the shape of an id; anything else the schema has refused. */
export function checkReferences(document: SourceDocument, slots: readonly Slot[]): readonly Diagnostic[] {
  const mappings = mappingPlaces(document);
  const steps = stepPlaces(document);
  const windows = steps.filter(({ path }) => opensWindow(document, path));
  const known = { mapping: mappings, step: steps, window: windows, 'mapping or window': [...mappings, ...windows] };
  return [
    ...doubles(document, [...mappings, ...steps]),
    ...unknown(document, slots, known),
    ...selfNeeds(document, slots, steps),
  ];
}

interface Place {
  readonly id: string;
  readonly path: Path;
  readonly part: 'key' | 'value';
}

function mappingPlaces({ value }: SourceDocument): readonly Place[] {
  const mappings = isObject(value) && isObject(value.mappings) ? Object.keys(value.mappings) : [];
  return mappings.map((id) => ({ id, path: ['mappings', id], part: 'key' }));
}

function stepPlaces({ value }: SourceDocument): readonly Place[] {
  const steps: readonly unknown[] = isObject(value) && Array.isArray(value.steps) ? value.steps : [];
  return steps.flatMap((step, index) =>
    isObject(step) && typeof step.id === 'string'
      ? [{ id: step.id, path: ['steps', index, 'id'], part: 'value' as const }]
      : [],
  );
}

function opensWindow({ value }: SourceDocument, [, index]: Path): boolean {
  const steps = isObject(value) ? (value.steps as readonly unknown[]) : [];
  const step = steps[Number(index)];
  return (
    isObject(step) && STEP_KINDS.some((definition) => definition.windowOver !== undefined && definition.kind in step)
  );
}

function doubles(document: SourceDocument, places: readonly Place[]): readonly Diagnostic[] {
  const first = new Map<string, Place>();
  return places.flatMap((place): readonly Diagnostic[] => {
    const before = first.get(place.id);
    if (before === undefined) {
      first.set(place.id, place);
      return [];
    }
    const span = document.spanOf(place.path, place.part);
    const related = [{ message: 'first used here', span: document.spanOf(before.path, before.part) }];
    return [{ ...problem('LS1401', `\`${place.id}\` is taken already.`, 'rename one of them'), span, related }];
  });
}

/** Whether there is such a window only a database can tell: the shape of the name, and that it is of another plan. */
function ofOtherPlan({ value }: SourceDocument, slot: RefSlotAt): readonly [detail: string, help: string] | undefined {
  if (!OTHER_WINDOW.test(slot.value))
    return [
      `\`${slot.value}\` is not the name of a window.`,
      'write `plan/step`: the plan that opened it, and its step',
    ];
  const [plan, step] = slot.value.split('/');
  const own = isObject(value) ? value.name : undefined;
  return plan === own ? [`\`${slot.value}\` is a window of this plan.`, `write \`${step!}\``] : undefined;
}

function unknown(
  document: SourceDocument,
  slots: readonly Slot[],
  known: Readonly<Record<Exclude<RefSlot, 'target'>, readonly Place[]>>,
): readonly Diagnostic[] {
  const namesOf = (places: readonly Place[]): Names => {
    const ids = places.map(({ id }) => id);
    return { ids, all: new Set(ids) };
  };
  const names = {
    mapping: namesOf(known.mapping),
    step: namesOf(known.step),
    window: namesOf(known.window),
    'mapping or window': namesOf(known['mapping or window']),
  };
  return slots.flatMap((slot): readonly Diagnostic[] => {
    if (slot.kind !== 'ref' || slot.slot === 'target' || document.isUnsettled(slot.path)) return [];
    if (slot.value.includes('/') && (slot.slot === 'window' || slot.slot === 'mapping or window')) {
      const found = ofOtherPlan(document, slot);
      return found === undefined ? [] : [{ ...problem('LS1402', ...found), span: document.spanOf(slot.path) }];
    }
    const { ids, all: there } = names[slot.slot];
    if (there.has(slot.value)) return [];
    const similar = didYouMean(slot.value, ids);
    const all = ids.length === 0 ? `the plan has no ${slot.slot}` : `there are: ${listed(ids)}`;
    const help = similar === undefined ? all : `did you mean \`${similar}\`?`;
    return [
      {
        ...problem('LS1402', `There is no ${slot.slot} \`${slot.value}\` in this plan.`, help),
        span: document.spanOf(slot.path),
      },
    ];
  });
}

interface Names {
  readonly ids: readonly string[];
  readonly all: ReadonlySet<string>;
}

function listed(ids: readonly string[]): string {
  return ids.length <= MOST_LISTED
    ? ids.join(', ')
    : `${ids.slice(0, MOST_LISTED).join(', ')} and ${ids.length - MOST_LISTED} more`;
}

/** Behind each problem: a long plan with many of them would fill a log with its own names. */
const MOST_LISTED = 40;

function selfNeeds(document: SourceDocument, slots: readonly Slot[], steps: readonly Place[]): readonly Diagnostic[] {
  const ids = new Map(steps.map(({ id, path }) => [path[1], id]));
  return slots.flatMap((slot): readonly Diagnostic[] => {
    const [list, index, field] = slot.path;
    if (slot.kind !== 'ref' || list !== 'steps' || field !== 'needs') return [];
    const own = ids.get(index);
    if (own === undefined || own !== slot.value) return [];
    return [
      {
        ...problem('LS1403', `\`${own}\` waits for itself.`, 'remove it from `needs`'),
        span: document.spanOf(slot.path),
      },
    ];
  });
}

function problem(code: keyof typeof PLAN_CODES, detail: string, help: string): Diagnostic {
  return { code, severity: 'error', summary: PLAN_CODES[code].summary, detail, help };
}
