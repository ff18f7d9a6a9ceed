import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export const PAGE_FOLDER: string = fileURLToPath(new URL('../.cache/e2e-page', import.meta.url));

/** Builds the test page once for all files. */
export default async function setup(): Promise<void> {
  await build({
    root: fileURLToPath(new URL('./page', import.meta.url)),
    configFile: false,
    logLevel: 'warn',
    base: './',
    build: { outDir: PAGE_FOLDER, emptyOutDir: true, target: 'es2022' },
  });
}
