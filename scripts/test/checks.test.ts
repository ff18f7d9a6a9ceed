import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkArrows } from '../checks/arrows.mjs';
import { checkCycles } from '../checks/cycles.mjs';
import { checkGlobals } from '../checks/globals.mjs';
import { checkLayers } from '../checks/layers.mjs';
import { checkLockfile } from '../checks/lockfile.mjs';
import { checkPurity } from '../checks/purity.mjs';
import { checkSizes, noteSizes } from '../checks/sizes.mjs';
import { checkSpec } from '../checks/spec.mjs';
import { openTree, type Problem, type Tree } from '../checks/tree.mjs';
import { checkWords } from '../checks/words.mjs';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Writes the files into a repository of their own, and answers what the check says as `file:line`. */
function places(check: (tree: Tree) => Problem[], files: Record<string, string>): string[] {
  return check(treeOf(files)).map(({ file, line, text }) => {
    expect(text).toMatch(/^.{15,}\.$/);
    return `${file}:${line}`;
  });
}

function treeOf(files: Record<string, string>): Tree {
  const root = mkdtempSync(path.join(tmpdir(), 'hearsay-checks-'));
  folders.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return openTree(root);
}

function inCore(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([file, text]) => [`packages/core/src/${file}`, text]));
}

describe('layers', () => {
  it.each([
    ['types.ts', "import '../src/lib/rng.ts';"],
    ['lib/rng.ts', "import type { Fact } from '../fact.ts';"],
    ['wire/frame.ts', "export * from '../outbox.ts';"],
    ['outbox.ts', "import '../src/guard/index.ts';"],
    ['sync/index.ts', "import { metrics } from '../metrics/index.ts';"],
    ['metrics/index.ts', "import '../engine.ts';"],
    ['engine.ts', "import './host/ports.ts';"],
    ['engine.ts', "import './index.ts';"],
    ['store/index.ts', "const other = import('../presence/index.ts');"],
    ['store/index.ts', "export type A = import('../presence/index.ts').A;"],
    ['guard/index.ts', "import '../../sim/world.ts';"],
    ['host/run.ts', "import { readFile } from 'node:fs';"],
    ['host/run.ts', "import WebSocket from 'ws';"],
    ['lib/rng.ts', "import 'cbor-x-evil';"],
  ])('catches %s with %s', (file, text) => {
    expect(places(checkLayers, inCore({ [file]: `\n${text}\n` }))).toEqual([`packages/core/src/${file}:2`]);
  });

  it('catches a part that has no layer', () => {
    expect(places(checkLayers, inCore({ 'misc/a.ts': '' }))).toEqual(['packages/core/src/misc/a.ts:1']);
  });

  it('accepts arrows that point down or stay inside one part', () => {
    const files = {
      'lib/rng.ts': "import type { Job } from '../types.ts';",
      'wire/frame.ts': "import { Encoder } from 'cbor-x/index-no-eval'; import '../identity/index.ts';",
      'sync/index.ts': "import './digest.ts'; import '../outbox.ts'; import '../wire/frame.ts'; import '../config.ts';",
      'engine.ts': "import './sync/index.ts'; import './metrics/index.ts';",
      'host/run.ts': "import '../engine.ts'; import '@noble/ed25519';",
    };
    expect(places(checkLayers, inCore(files))).toEqual([]);
  });
});

describe('cycles', () => {
  it('catches a cycle of three files, types included', () => {
    const files = {
      'packages/browser/src/a.ts': "import './b.ts';",
      'packages/browser/src/b.ts': "\nimport type { C } from './c.ts';",
      'packages/browser/src/c.ts': "\n\nexport { a } from './a.ts';",
    };
    expect(places(checkCycles, files)).toEqual(['packages/browser/src/c.ts:3']);
  });

  it('catches a file that imports itself', () => {
    expect(places(checkCycles, inCore({ 'a.ts': "import './a.ts';" }))).toEqual(['packages/core/src/a.ts:1']);
  });

  it('accepts two ways to one file', () => {
    const files = { 'a.ts': "import './b.ts'; import './c.ts';", 'b.ts': "import './c.ts';", 'c.ts': '' };
    expect(places(checkCycles, inCore(files))).toEqual([]);
  });
});

describe('arrows', () => {
  it.each([
    ['packages/signaling/src/rooms.ts', '@hearsay/core'],
    ['packages/signaling/src/rooms.ts', 'ws'],
    ['packages/node-peer/src/index.ts', 'ws'],
    ['packages/browser/src/index.ts', '@hearsay/node-peer'],
    ['packages/browser/src/index.ts', '@hearsay/signaling'],
    ['packages/node-peer/src/index.ts', '@hearsay/signaling'],
    ['packages/core/sim/world.ts', '@hearsay/browser'],
    ['packages/core/sim/world.ts', '../src/engine.ts'],
    ['packages/browser/src/index.ts', '../../core/src/index.ts'],
    ['demos/lobby/src/main.tsx', '@hearsay/core'],
    ['demos/what-if/src/main.ts', '@hearsay/core'],
  ])('catches %s with %s', (file, specifier) => {
    expect(places(checkArrows, { [file]: `import '${specifier}';` })).toEqual([`${file}:1`]);
  });

  it.each([
    ['packages/signaling/src/server.ts', 'ws'],
    ['packages/node-peer/src/ports/socket.ts', 'ws'],
    ['packages/signaling/test/server.test.ts', 'ws'],
    ['packages/browser/src/index.ts', '@hearsay/signaling/protocol'],
    ['packages/node-peer/src/index.ts', '@hearsay/browser/webrtc'],
    ['packages/core/sim/world.ts', '@hearsay/core/host'],
    ['demos/lobby/src/main.ts', '@hearsay/browser'],
    ['demos/what-if/src/worker.ts', '@hearsay/core/sim'],
  ])('accepts %s with %s', (file, specifier) => {
    expect(places(checkArrows, { [file]: `import '${specifier}';` })).toEqual([]);
  });
});

describe('globals', () => {
  it.each([
    'export const a = Date.now();',
    'export const a = Math.random();',
    'export const a = globalThis.Math.random();',
    'export const a = performance.now();',
    'setTimeout(() => {}, 1);',
    'globalThis.setInterval(() => {}, 1);',
    'export const a = process.env;',
  ])('catches %s in the core', text => {
    expect(places(checkGlobals, inCore({ 'host/run.ts': `\n${text}` }))).toEqual(['packages/core/src/host/run.ts:2']);
  });

  it('catches functions whose last bit differs between engines, in the simulator too', () => {
    const text = 'export const a = Math.sqrt(2);\nexport const b = Math.log(2);';
    expect(places(checkGlobals, { 'packages/core/sim/a.ts': text })).toEqual(['packages/core/sim/a.ts:2']);
  });

  it('catches process in the browser, where clocks and timers are fine', () => {
    const text = 'setTimeout(() => {}, Date.now());\nexport const a = process.env;';
    expect(places(checkGlobals, { 'packages/browser/src/a.ts': text })).toEqual(['packages/browser/src/a.ts:2']);
  });

  it("accepts the same words as someone's own names, and in comments and strings", () => {
    const text = [
      '// Math.random() and setTimeout() are elsewhere',
      'export interface Clock { setTimeout(work: () => void): void }',
      "export const run = (clock: Clock) => clock.setTimeout(() => 'Date.now()');",
      'export const fake = { setInterval: 1, process: 2 };',
    ];
    expect(places(checkGlobals, inCore({ 'host/run.ts': text.join('\n') }))).toEqual([]);
  });
});

describe('sizes', () => {
  const lines = (count: number) => '  void 0;\n'.repeat(count);
  const file = 'packages/browser/src/a.ts';

  it.each([
    ['function', (n: number) => `export function f(): void {\n${lines(n - 2)}}\n`],
    ['arrow', (n: number) => `export const f = () => {\n${lines(n - 2)}};\n`],
    ['method', (n: number) => `export class A { f(): void {\n${lines(n - 2)}}\n}\n`],
    ['function around a callback', (n: number) => `export function f() {\n[1].map(() => {\n${lines(n - 4)}});\n}\n`],
  ])('catches a %s of 71 lines and accepts 70', (_, text) => {
    expect(places(checkSizes, { [file]: text(70) })).toEqual([]);
    expect(places(checkSizes, { [file]: text(71) })).toContain(`${file}:1`);
  });

  it('counts the named functions of a factory by themselves', () => {
    const method = (name: string) => `  ${name}() {\n${lines(40)}  },\n`;
    expect(
      places(checkSizes, { [file]: `export function create() {\nreturn {\n${method('a')}${method('b')}};\n}` }),
    ).toEqual([]);
  });

  it('accepts long types, tables and strings', () => {
    const type = `export interface A {\n${'  a: number;\n'.repeat(100)}}\n`;
    const table = `export const t = {\n${"  'a{': '() => {',\n".repeat(100)}};\n`;
    expect(places(checkSizes, { [file]: type + table })).toEqual([]);
  });

  it('catches a file of 501 lines, accepts 500, and notes 301', () => {
    expect(places(checkSizes, { [file]: lines(500) })).toEqual([]);
    expect(places(checkSizes, { [file]: lines(501) })).toEqual([`${file}:1`]);
    expect(noteSizes(treeOf({ [file]: lines(300) }))).toEqual([]);
    expect(noteSizes(treeOf({ [file]: lines(301) }))).toHaveLength(1);
  });
});

describe('rules and tests', () => {
  const spec = '# Spec\n- **ABC-1** First.\n- **ABC-2** Second.\n';
  const both = "it('ABC-1: a', () => {});\nit.each([1])('ABC-2: %s', () => {});\n";
  const check = (specText: string, testText: string) =>
    places(checkSpec, { 'packages/x/SPEC.md': specText, 'packages/x/test/deep/a.test.ts': testText });

  it('accepts a test for every rule', () => {
    expect(check(spec, both)).toEqual([]);
    expect(
      check(spec, `test.concurrent('ABC-1: ' + 1, f);\nit.skipIf(x)(\`ABC-2: \${b}\`, f);test.beforeEach(f);`),
    ).toEqual([]);
  });

  it('catches a rule without a test', () => {
    expect(check(spec, "it('ABC-1: a', () => {});")).toEqual(['packages/x/SPEC.md:3']);
  });

  it('catches a number used twice', () => {
    expect(check(`${spec}- **ABC-1** Again.`, both)).toEqual(['packages/x/SPEC.md:4']);
  });

  it('catches a file without rules', () => {
    expect(check('# Spec\n', '')).toEqual(['packages/x/SPEC.md:1']);
  });

  it.each([
    "it('works', f);",
    "it('ABC-9: works', f);",
    "it('ABC-1 works', f);",
    'it(title, f);',
    `it(\`\${id}: works\`, f);`,
    "it.each([1, 2])('works %s', f);",
    'it.each`a`("works", f);',
  ])('catches the title of %s', text => {
    expect(check(spec, `${both}${text}`)).toEqual(['packages/x/test/deep/a.test.ts:3']);
  });

  it('leaves packages without SPEC.md alone', () => {
    expect(places(checkSpec, { 'packages/x/test/a.test.ts': "it('works', f);" })).toEqual([]);
  });
});

describe('purity', () => {
  const config = (options: object) => ({ 'packages/core/tsconfig.json': JSON.stringify({ compilerOptions: options }) });

  it('accepts the bare language only', () => {
    expect(places(checkPurity, config({ lib: ['ES2023'], types: [] }))).toEqual([]);
    expect(places(checkPurity, config({ lib: ['ES2023', 'DOM'], types: [] }))).toHaveLength(1);
    expect(places(checkPurity, config({ lib: ['ES2023'], types: ['node'] }))).toHaveLength(1);
    expect(places(checkPurity, config({}))).toHaveLength(2);
  });
});

describe('forbidden words', () => {
  // Put together here, or this very file would be found.
  const word = (a: string, b: string) => a + b;

  it.each([
    word('it.on', "ly('a', f);"),
    word('describe.on', "ly('a', f);"),
    word('test.sk', "ip('a', f);"),
    word('it.concurrent.sk', "ip('a', f);"),
    word('it.to', "do('a');"),
    word('xi', "t('a', f);"),
    word('// TO', 'DO: later'),
    word('// FIX', 'ME'),
    word('// @ts-ig', 'nore'),
    word('// @ts-no', 'check'),
    word('// biome-ig', 'nore lint/style/noVar'),
    word('// biome-ig', 'nore lint/style/noVar:'),
  ])('catches %s', text => {
    expect(places(checkWords, { 'e2e/a.test.ts': `\n${text}` })).toEqual(['e2e/a.test.ts:2']);
  });

  it('accepts words that only look like them', () => {
    const text = [
      'cursor.skip(4);',
      'it.skipIf(x);',
      'todo();',
      word('// biome-ig', 'nore lint/style/noVar: generated'),
    ];
    expect(places(checkWords, { 'packages/x/src/a.ts': text.join('\n') })).toEqual([]);
  });
});

describe('lockfile', () => {
  it('catches hosts and accepts hashes', () => {
    const entry = '  ws@8.23.0:\n    resolution: {integrity: sha512-http==}\n  http-proxy@1.0.0: {}\n';
    expect(places(checkLockfile, { 'pnpm-lock.yaml': entry })).toEqual([]);
    const named = `${entry}    resolution: {tarball: https://registry.example/ws.tgz}\n`;
    expect(places(checkLockfile, { 'pnpm-lock.yaml': named })).toEqual(['pnpm-lock.yaml:4']);
  });
});
