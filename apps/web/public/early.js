// Runs before the application is here: the files of the place that the address names are fetched beside it, not after it.
// What belongs to which address the build has written into the page. The application itself asks for them later, and finds them.
(function () {
  const places = JSON.parse(document.querySelector('meta[name="tinbao-places"]')?.content ?? '[]');
  const [, files] = places.find(([path]) => new RegExp(path).test(location.pathname)) ?? [null, []];
  for (const file of files) {
    const link = document.createElement('link');
    link.rel = file.endsWith('.css') ? 'preload' : 'modulepreload';
    if (link.rel === 'preload') link.as = 'style';
    else link.crossOrigin = '';
    link.href = file;
    document.head.append(link);
  }
})();
