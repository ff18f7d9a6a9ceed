import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Vector } from '../page/main.ts';
import { openStage, type Stage, type Tab } from '../support.ts';

interface Expected extends Vector {
  readonly accept: boolean;
}

const folder = new URL('../../packages/core/test/vectors/', import.meta.url);
let stage: Stage;
let tab: Tab;
beforeAll(async () => {
  stage = await openStage();
  tab = await stage.tab('verifier');
});
afterAll(() => stage?.close());

for (const native of [true, false]) {
  test(`${native ? 'WebCrypto' : 'noble'} in Chromium gives rule U's answer to every crafted vector`, async () => {
    const vectors = JSON.parse(readFileSync(new URL('ed25519-crafted.json', folder), 'utf8')) as Expected[];
    const { backend, answers } = await tab.page.evaluate(
      ([list, wanted]) => globalThis.hearsay.verifyAll(list, wanted),
      [vectors, native] as const,
    );
    expect(backend).toBe(native ? 'webcrypto' : 'noble');
    expect(answers).toEqual(vectors.map(vector => vector.accept));
  });
}
