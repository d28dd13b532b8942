import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react-swc';
import { defineConfig, type Plugin } from 'vite';

/** Below this a compressed copy saves no packet. */
const COMPRESS_FROM_BYTES = 1_400;

/** Writes a compressed copy beside each text file of the build: the server gives it to browsers that take it, over slow lines three times faster. */
function compressedCopies(): Plugin {
  let folder = 'dist';
  return {
    name: 'compressed-copies',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith('/')) folder = config.build.outDir;
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|svg|html)$/.test(name)) continue;
        const content = readFileSync(join(folder, name));
        if (content.length >= COMPRESS_FROM_BYTES) {
          writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
        }
      }
    },
  };
}

/**
 * The browser application is built to `apps/web/dist` and served by the system itself, on one origin.
 * Routes are separate chunks; charts are loaded only by the screens that show them.
 */
export default defineConfig({
  plugins: [react(), compressedCopies()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Fonts and images stay files: the content security policy allows them from the origin and they are cached apart.
    assetsInlineLimit: 0,
    // echarts is one chunk of its own, loaded by the dashboard only.
    chunkSizeWarningLimit: 700,
  },
});
