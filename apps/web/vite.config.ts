import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react-swc';
import { defineConfig, type Plugin } from 'vite';

const server = process.env['TINBAO_SERVER'] ?? 'http://127.0.0.1:8080';

/** Below this a compressed copy saves no packet. */
const COMPRESS_FROM_BYTES = 1_400;

/** Writes a compressed copy beside each text file of the build: the server gives it to browsers that take it, over slow lines three times faster. */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      for (const file of Object.values(bundle)) {
        if (dir === undefined || !/\.(js|css|svg|html)$/.test(file.fileName)) continue;
        const content = Buffer.from(file.type === 'chunk' ? file.code : file.source);
        if (content.length < COMPRESS_FROM_BYTES) continue;
        writeFileSync(join(dir, `${file.fileName}.gz`), gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
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
  // While developing, answers come from a running system.
  server: { proxy: { '/api': server, '/oidc': server } },
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
