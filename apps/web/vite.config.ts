import react from '@vitejs/plugin-react-swc';
import { defineConfig } from 'vite';

/**
 * The browser application is built to `apps/web/dist` and served by the system itself, on one origin.
 * Routes are separate chunks; charts are loaded only by the screens that show them.
 */
export default defineConfig({
  plugins: [react()],
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
