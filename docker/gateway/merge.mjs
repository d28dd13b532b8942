/** One OpenAPI document of several: paths and components side by side, the first title and version. */
export function mergeOpenApi(documents) {
  const merged = { ...documents[0], paths: {}, components: {}, tags: [] };
  for (const document of documents) {
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      merged.paths[path] = { ...merged.paths[path], ...item };
    }
    for (const [kind, entries] of Object.entries(document.components ?? {})) {
      merged.components[kind] = { ...merged.components[kind], ...entries };
    }
    for (const tag of document.tags ?? []) {
      if (!merged.tags.some(({ name }) => name === tag.name)) merged.tags.push(tag);
    }
  }
  return merged;
}

/** One AsyncAPI document of several; the events of each service stand side by side. */
export function mergeAsyncApi(documents) {
  const merged = { ...documents[0], channels: {}, operations: {}, components: {} };
  for (const document of documents) {
    Object.assign(merged.channels, document.channels);
    Object.assign(merged.operations, document.operations);
    for (const [kind, entries] of Object.entries(document.components ?? {})) {
      merged.components[kind] = { ...merged.components[kind], ...entries };
    }
  }
  return merged;
}

/**
 * One Prometheus text of several: every sample gets the label `service`, and the samples of one metric stay together
 * under one HELP and TYPE, as the format asks.
 * @param {Record<string, string>} texts  metrics by service
 */
export function mergeMetrics(texts) {
  const families = new Map();
  for (const [service, text] of Object.entries(texts)) {
    let family = '';
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const comment = /^# (HELP|TYPE) (\S+)/.exec(line);
      if (comment) {
        family = comment[2];
        if (!families.has(family)) families.set(family, { comments: new Map(), samples: [] });
        const { comments } = families.get(family);
        if (!comments.has(comment[1])) comments.set(comment[1], line);
        continue;
      }
      const sample = /^([^\s{]+)(?:\{(.*)\})?\s+(.*)$/.exec(line);
      if (!sample) continue;
      const [, name, labels, value] = sample;
      const key = name.startsWith(family) && family !== '' ? family : name;
      if (!families.has(key)) families.set(key, { comments: new Map(), samples: [] });
      families.get(key).samples.push(`${name}{service="${service}"${labels ? `,${labels}` : ''}} ${value}`);
    }
  }
  return (
    [...families.values()].map(({ comments, samples }) => [...comments.values(), ...samples].join('\n')).join('\n') +
    '\n'
  );
}
