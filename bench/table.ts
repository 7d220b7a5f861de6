/** A table of the page, and how its figures are written. */
import type { Spread } from './spread.js';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function verdict(reached: boolean, target: string): string {
  return reached ? target : `${target}: **missed**`;
}

export function grouped(count: number): string {
  return count.toLocaleString('en');
}

export function ratio(value: number): string {
  return value.toFixed(2);
}

export function ratios({ median, min, max }: Spread): string {
  return `**${ratio(median)}** (${ratio(min)}–${ratio(max)})`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function milliseconds(ms: number): string {
  return `${Math.round(ms)} ms`;
}

export function spreadOf({ min, max }: Spread): string {
  return `${Math.round(min)}–${Math.round(max)}`;
}
