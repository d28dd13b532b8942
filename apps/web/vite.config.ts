import react from '@vitejs/plugin-react-swc';
import { defineConfig, type Plugin, type Rollup } from 'vite';
import { PLACES } from './src/place-of-path.ts';

const server = process.env['TINBAO_SERVER'] ?? 'http://127.0.0.1:8080';

/** A chunk, all that it imports at once, and their styles; but for what `known` holds already. */
function filesOf(chunk: Rollup.OutputChunk, bundle: Rollup.OutputBundle, known: Set<string>): string[] {
  if (known.has(chunk.fileName)) return [];
  known.add(chunk.fileName);
  const styles = [...(chunk.viteMetadata?.importedCss ?? [])].filter((file) => !known.has(file));
  for (const style of styles) known.add(style);
  const imported = chunk.imports.flatMap((name) => {
    const other = bundle[name];
    return other?.type === 'chunk' ? filesOf(other, bundle, known) : [];
  });
  return [chunk.fileName, ...styles, ...imported];
}

/**
 * Writes into the page which files the place of each address needs, for `early.js`, which asks for them while the
 * application itself is still on its way: on a slow line the place is otherwise seconds later.
 */
function earlyPlaces(): Plugin {
  return {
    name: 'early-places',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        if (bundle === undefined) return [];
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const early = chunks.find(({ isEntry, name }) => isEntry && name === 'early-me');
        if (early === undefined) throw new Error('no chunk of its own for src/early-me.ts');
        const own = new Set<string>();
        for (const chunk of chunks) if (chunk.isEntry) filesOf(chunk, bundle, own);
        const places = PLACES.map(({ path, module }) => {
          const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/${module}`));
          if (chunk === undefined) throw new Error(`no chunk of its own for ${module}`);
          return [path, filesOf(chunk, bundle, new Set(own)).map((file) => `/${file}`)];
        });
        return [
          { tag: 'meta', attrs: { name: 'tinbao-places', content: JSON.stringify(places) }, injectTo: 'head-prepend' },
          { tag: 'script', attrs: { src: '/early.js', async: true }, injectTo: 'head-prepend' },
          // Before the application's own script, and not waiting for it: modules run in this order, each once it is here.
          {
            tag: 'script',
            attrs: { type: 'module', crossorigin: true, src: `/${early.fileName}` },
            injectTo: 'head-prepend',
          },
        ];
      },
    },
  };
}

/**
 * The browser application is built to `apps/web/dist` and served by the system itself, on one origin.
 * Routes are separate chunks; charts are loaded only by the screens that show them.
 */
export default defineConfig({
  plugins: [react(), earlyPlaces()],
  // While developing, answers come from a running system.
  server: { proxy: { '/api': server, '/oidc': server } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    rollupOptions: { input: { index: 'index.html', 'early-me': 'src/early-me.ts' } },
    // Fonts and images stay files: the content security policy allows them from the origin and they are cached apart.
    assetsInlineLimit: 0,
    // echarts is one chunk of its own, loaded by the dashboard only.
    chunkSizeWarningLimit: 700,
  },
});
