/** The problems of one YAML text, collected while it is read. Words come from `yaml-refusals`. */
import type { Diagnostic } from '../kernel/diagnostic.js';
import { byPosition } from '../kernel/diagnostic.js';
import type { LineIndex } from '../kernel/span.js';
import type { Refusal } from './yaml-refusals.js';

/** Offsets of the text, in UTF-16 code units. */
export class YamlProblems {
  private readonly found: Diagnostic[] = [];
  private readonly perCode = new Map<string, number>();

  constructor(readonly lines: LineIndex) {}

  exist(): boolean {
    return this.found.length > 0;
  }

  refuse(
    refusal: Refusal,
    start: number,
    end: number,
    related?: { message: string; start: number; end: number },
  ): void {
    const seen = (this.perCode.get(refusal.code) ?? 0) + 1;
    this.perCode.set(refusal.code, seen);
    if (seen > MAX_PER_CODE) return;
    const span = this.lines.span(start, end);
    const places = related && [{ message: related.message, span: this.lines.span(related.start, related.end) }];
    this.found.push({ severity: 'error', ...refusal, span, ...(places && { related: places }) });
  }

  inOrder(): readonly Diagnostic[] {
    return this.found.sort(byPosition);
  }
}

/** A file with more problems of one kind than this repeats itself. */
const MAX_PER_CODE = 50;
