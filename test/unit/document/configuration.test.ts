/** The configuration file: what it says, what is refused, and that a password is never part of a problem. */
import { describe, expect, it } from 'vitest';
import { readConfiguration, targetUrl, type Configuration } from '../../../src/document/configuration.js';
import { textOf } from '../../../src/kernel/span.js';
import { renderDiagnostics } from '../../../src/render/diagnostic-frame.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';

const FILE = 'lockstep.config.yaml';

function read(text: string): Configuration {
  const outcome = readConfiguration(FILE, text);
  if (!outcome.ok) throw new Error(outcome.diagnostics.map(({ detail }) => detail).join('\n'));
  return outcome.value;
}

/** As a person sees it. */
function refusal(text: string): string {
  const outcome = readConfiguration(FILE, text);
  expect(outcome.ok).toBe(false);
  return renderDiagnostics(outcome.diagnostics, textOf, PLAIN_STYLE);
}

describe('a configuration', () => {
  const text = `targets:
  prod:
    url: "\${PROD_DATABASE_URL}"
    replicas: ["\${REPLICA_1}"]
  dev: { url: "postgresql://app:\${PASSWORD}@localhost/\${NAME}" }
  local: { url: postgresql://app:s3cret@localhost/shop }
`;

  it('has targets, and takes their connections from the environment', () => {
    const configuration = read(text);
    expect(Object.keys(configuration.targets)).toEqual(['prod', 'dev', 'local']);
    const env = { PROD_DATABASE_URL: 'postgresql://prod/shop', PASSWORD: 'p$1', NAME: 'shop' };
    expect(targetUrl(configuration, 'prod', env)).toMatchObject({ ok: true, value: 'postgresql://prod/shop' });
    expect(targetUrl(configuration, 'dev', env)).toMatchObject({ value: 'postgresql://app:p$1@localhost/shop' });
    // Of another target nothing is asked.
    expect(targetUrl(configuration, 'local', {})).toMatchObject({ value: 'postgresql://app:s3cret@localhost/shop' });
  });

  it('names each variable that is missing, where it stands', () => {
    const outcome = targetUrl(read(text), 'dev', { NAME: '' });
    expect(
      outcome.diagnostics.map(({ code, detail, span }) => [code, /\b[A-Z]{4,}\b/.exec(detail)?.[0], span?.start]),
    ).toEqual([
      ['LS1501', 'PASSWORD', expect.objectContaining({ line: 5, column: 33 })],
      ['LS1501', 'NAME', expect.objectContaining({ line: 5, column: 55 })],
    ]);
  });

  it('has no other references than ${NAME}', () => {
    for (const url of ['${A:-b}', '${}', '${1}']) {
      const outcome = targetUrl(read(`targets: { a: { url: "${url}" } }`), 'a', { A: 'x' });
      expect(outcome.diagnostics.map(({ code }) => code)).toEqual(['LS1502']);
    }
  });

  it.each([
    ['targts: {}', 'did you mean `targets`?'],
    ['targets: { prod: { ulr: x } }', 'did you mean `url`?'],
    ['targets: { prod: {} }', 'url'],
    ['targets: { "a b": { url: x } }', 'a letter, then letters, digits'],
    ['targets: { prod: { url: 5 } }', 'text'],
    ['# nothing\n', 'a configuration has targets'],
    ['targets: &a { prod: { url: x } }', 'an anchor'],
  ])('is refused with a place and a way out: %s', (wrong, said) => {
    const shown = refusal(wrong);
    expect(shown).toContain(`${FILE}:1:`);
    expect(shown).toContain(said);
  });

  it.each([
    'targets: { prod: postgresql://app:s3cret-and-much-longer-than-a-message-shows-of-a-value@db/shop }',
    'targets: { prod: { ulr: postgresql://app:s3cret@db/shop } }',
    'targets: { prod: { url: "postgresql://app:s3cret@db/shop", url: x } }',
    'targets: { prod: { url: "postgresql://app:s3cret@db/shop }',
    'targets:\n  prod:\n    url: !x postgresql://app:s3cret@db/shop',
    String.raw`targets: { prod: { url: "postgresql://app:\qs3cret@db/shop" } }`,
  ])('never shows a password: %s', (wrong) => {
    expect(refusal(wrong)).not.toContain('s3c');
  });
});

describe('a value under a key for passwords', () => {
  const url = 'url: postgresql://db/shop';
  it.each([
    `targets:\n  prod:\n    ${url}\n    password: canary-4711\n`,
    `targets:\n  prod:\n    ${url}\n    "db_password" : "canary 4711 canary"\n`,
    `targets:\n  prod: { ${url}, password: canary-4711, other: 1 }\n`,
    `targets:\n  prod: { ${url}, 'password':'canary''canary', other: 1 }\n`,
    `targets:\n  prod:\n    ${url}\n    PGPASSWORD: |-\n      canary\n      canary\n    other: 1\n`,
    `targets:\n  prod:\n    ${url}\n    password:\n      value: canary\n      more: [canary]\n`,
    `targets:\n  prod:\n    ${url}\n    password: &a !t canary*canary\n    - wrong\n`,
    `targets:\n  prod:\n    ${url}\n    password: "canary\n      canary"\n    sslpassword: canary: canary\n`,
    `password: canary\ntargets: [`,
    `targets:\n  prod:\n    password: canary {{ canary\n\t${url}\n`,
  ])('is in no message and no line that is drawn: %j', (text) => {
    const shown = refusal(text);
    expect(shown).not.toContain('canary');
    expect(shown).toMatch(/^error\[LS1/);
  });
});
