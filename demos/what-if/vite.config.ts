/** Bundles the page together with the simulator's sources, so that no build of the packages is needed first. */
import { defineConfig, type UserConfig } from 'vite';

const config: UserConfig = defineConfig({
  base: './',
  resolve: { conditions: ['@hearsay/source', 'module', 'browser', 'development|production'] },
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true },
});

export default config;
