import { describe, expect, it } from 'vitest';
import { maskPasswords } from '../../../src/kernel/mask-passwords.js';

describe('passwords in a text', () => {
  it.each([
    ['url: postgresql://app:s3cret@db/shop', 's3cret'],
    ['url: "postgres://app:s3@cr et@db/shop"', 'cr et'],
    [`url: 'postgresql://app:s3"cret@db/shop' # {{`, 's3'],
    ['{ url: postgresql://app:s3cret@db/shop, replicas: [postgresql://b:other@c/d] }', 'other'],
    ['url: postgresql://db/shop?user=app&password=s3cret&sslmode=require', 's3cret'],
  ])('are blotted out of %s', (text, secret) => {
    const masked = maskPasswords(text);
    expect(masked).not.toContain(secret);
    expect(masked).toHaveLength(text.length);
    expect(masked).toContain('postgres');
    for (const kept of ['app', 'db/shop']) expect(masked).toContain(kept);
  });

  it('are all that goes', () => {
    for (const text of [
      'url: "${PROD_DATABASE_URL}"',
      '"postgresql://app:${PASSWORD}@db/shop"',
      'postgresql://db/shop',
      'a@b: c',
      'postgresql://app@db/shop',
    ])
      expect(maskPasswords(text)).toBe(text);
  });
});
