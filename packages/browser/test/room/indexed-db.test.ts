import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../../../../scripts/run/chromium-tabs.mjs';
import type {} from './indexed-db-page.ts';

let browser: Browser;
let server: Server;
let page: Page;

beforeAll(async () => {
  const script = await bundle();
  // IndexedDB needs an origin, so the page comes from a server.
  server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><title>storage</title><script>${script.replaceAll('</script', '<\\/script')}</script>`,
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@hearsay/source', 'browser', 'import', 'default'] },
    build: {
      write: false,
      minify: false,
      lib: { entry: new URL('indexed-db-page.ts', import.meta.url).pathname, formats: ['iife'], name: 'page' },
    },
  });
  const [result] = [built].flat();
  if (result === undefined || !('output' in result)) throw new Error('vite built nothing');
  return result.output[0].code;
}

const keep = (name: string, id: string, bytes: number[]): Promise<string | undefined> =>
  page.evaluate(args => globalThis.storagePage.keep(...args), [name, id, bytes] as const);
const forget = (name: string, id: string): Promise<string | undefined> =>
  page.evaluate(args => globalThis.storagePage.forget(...args), [name, id] as const);
const load = (name: string): Promise<unknown> => page.evaluate(args => globalThis.storagePage.load(args), name);

test('ROOM-34: what was kept and not forgotten is loaded, after a reload too, each name by itself', async () => {
  expect(await load('a')).toEqual([]);
  expect(await keep('a', 'one', [1, 2, 3])).toBeUndefined();
  expect(await keep('a', 'two', [4])).toBeUndefined();
  expect(await keep('a', 'one', [9])).toBeUndefined();
  expect(await keep('b', 'one', [5])).toBeUndefined();
  expect(await forget('a', 'two')).toBeUndefined();
  expect(await forget('a', 'never')).toBeUndefined();
  await page.reload();
  expect(await load('a')).toEqual([[9]]);
  expect(await load('b')).toEqual([[5]]);
});

test('ROOM-34: entries of another kind or size are left out', async () => {
  await keep('junk', 'good', [1]);
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('hearsay junk');
        opening.onsuccess = () => {
          const change = opening.result.transaction('records', 'readwrite');
          const store = change.objectStore('records');
          store.put('text', 'a');
          store.put({ length: 5 }, 'b');
          store.put(new Uint8Array(270_336), 'c');
          store.put(new Uint8Array(270_337), 'd');
          change.oncomplete = () => {
            opening.result.close();
            resolve();
          };
          change.onabort = () => reject(change.error);
        };
      }),
  );
  const loaded = (await load('junk')) as number[][];
  expect(loaded.map(bytes => bytes.length).sort()).toEqual([1, 270_336]);
});

test('ROOM-34: at most 65,536 records are loaded', async () => {
  await load('large');
  const fill = (from: number, to: number): Promise<void> =>
    page.evaluate(
      ([first, end]) =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open('hearsay large');
          opening.onsuccess = () => {
            const change = opening.result.transaction('records', 'readwrite', { durability: 'relaxed' });
            for (let i = first; i < end; i += 1) change.objectStore('records').put(Uint8Array.of(1), i);
            change.oncomplete = () => resolve(opening.result.close());
            change.onabort = () => reject(change.error);
          };
        }),
      [from, to] as const,
    );
  const count = (): Promise<number> => page.evaluate(async () => (await globalThis.storagePage.load('large')).length);
  await fill(0, 65_536);
  expect(await count()).toBe(65_536);
  await fill(65_536, 65_537);
  expect(await count()).toBe(65_536);
});

test('ROOM-34: a database that is deleted under it does not wait for us, and is made anew', async () => {
  await keep('deleted', 'one', [1]);
  const outcome = await page.evaluate(
    () =>
      new Promise(resolve => {
        const deleting = indexedDB.deleteDatabase('hearsay deleted');
        deleting.onsuccess = () => resolve('deleted');
        deleting.onblocked = () => resolve('blocked');
      }),
  );
  expect(outcome).toBe('deleted');
  expect(await load('deleted')).toEqual([]);
  expect(await keep('deleted', 'two', [2])).toBeUndefined();
  expect(await load('deleted')).toEqual([[2]]);
});

test('ROOM-34: 4,096 writes wait, more are refused', async () => {
  expect(await page.evaluate(() => globalThis.storagePage.flood('flood', 4_096))).toEqual([0, undefined]);
  const [refused, message] = await page.evaluate(() => globalThis.storagePage.flood('flood', 4_097));
  expect(refused).toBe(1);
  expect(message).toMatch(/^HearsayError storage-failed .*slow/);
});

test('ROOM-34: a database that cannot be opened rejects with storage-failed, and is tried again', async () => {
  await page.evaluate(() => {
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = () => {
      IDBFactory.prototype.open = open;
      throw new DOMException('no storage in this mode', 'SecurityError');
    };
  });
  expect(await load('refused')).toBe('HearsayError storage-failed no storage in this mode');
  expect(await load('refused')).toEqual([]);
});

test('ROOM-34: where there is no IndexedDB at all, making the storage does no harm and using it rejects', async () => {
  const { indexedDbStorage } = await import('../../src/index.ts');
  await expect(indexedDbStorage('node').load()).rejects.toMatchObject({ code: 'storage-failed' });
});
