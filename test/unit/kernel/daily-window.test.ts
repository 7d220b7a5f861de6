import { describe, expect, it } from 'vitest';
import { isInWindow, isTimeZone, nextOpening, showNextOpening, showWindow } from '../../../src/kernel/daily-window.js';

const night = { from: '01:00', to: '05:00', timeZone: 'Europe/Berlin' };
const at = (text: string): number => Date.parse(text);

describe('a window of every day', () => {
  it.each([
    [night, '2026-01-10T00:00:00Z', true],
    [night, '2026-01-09T23:59:59.999Z', false],
    [night, '2026-01-10T03:59:59.999Z', true],
    [night, '2026-01-10T04:00:00Z', false],
    // Summer: an hour earlier.
    [night, '2026-07-10T23:00:00Z', true],
    [night, '2026-07-10T03:00:00Z', false],
    [{ ...night, from: '22:00', to: '02:00' }, '2026-01-10T21:30:00Z', true],
    [{ ...night, from: '22:00', to: '02:00' }, '2026-01-10T00:30:00Z', true],
    [{ ...night, from: '22:00', to: '02:00' }, '2026-01-10T01:00:00Z', false],
    [{ ...night, from: '22:00', to: '00:00' }, '2026-01-10T23:00:00Z', false],
    [{ from: '05:30', to: '06:00', timeZone: 'Asia/Kolkata' }, '2026-01-10T00:10:00Z', true],
  ])('%o at %s: %s', (window, moment, open) => {
    expect(isInWindow(window, at(moment))).toBe(open);
  });

  it.each([
    ['2026-01-10T12:00:20Z', '2026-01-11T00:00:00.000Z'],
    ['2026-01-10T23:59:00.001Z', '2026-01-11T00:00:00.000Z'],
    // The night in which clocks go from 02:00 to 03:00, and the one in which 02:00 comes twice.
    ['2026-03-28T12:00:00Z', '2026-03-29T00:00:00.000Z'],
    ['2026-10-24T12:00:00Z', '2026-10-24T23:00:00.000Z'],
  ])('after %s it opens at %s', (moment, opens) => {
    expect(new Date(nextOpening(night, at(moment))).toISOString()).toBe(opens);
  });

  it('opens a day later where its hour does not exist', () => {
    const gap = { from: '02:10', to: '02:50', timeZone: 'Europe/Berlin' };
    expect(new Date(nextOpening(gap, at('2026-03-28T12:00:00Z'))).toISOString()).toBe('2026-03-30T00:10:00.000Z');
  });

  it('is told by the clock there and in UTC', () => {
    expect(showWindow(night)).toBe('01:00–05:00 Europe/Berlin');
    expect(showNextOpening(night, at('2026-12-31T12:00:00Z'))).toBe(
      '2027-01-01 00:00Z (2027-01-01 01:00 Europe/Berlin)',
    );
    expect(showNextOpening({ ...night, timeZone: 'UTC' }, at('2026-12-31T12:00:00Z'))).toBe('2027-01-01 01:00Z');
    // The moment itself, where it is open then.
    expect(showNextOpening(night, at('2026-01-10T02:00:00Z'))).toBe(
      '2026-01-10 02:00Z (2026-01-10 03:00 Europe/Berlin)',
    );
  });

  it.each([
    ['UTC', true],
    ['Europe/Berlin', true],
    ['CEST', false],
    ['+01:00', false],
    ['Nowhere/Else', false],
    ['', false],
  ])('%s is a time zone: %s', (name, is) => expect(isTimeZone(name)).toBe(is));
});
