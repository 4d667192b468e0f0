// What the page may weigh, in bytes after gzip.
export const limits = { scripts: 90 * 1024, first: 45 * 1024, styles: 15 * 1024, assets: 10 };

/** Compares what was built with the limits. `first` names the scripts that the first page loads. */
export function budget(files, first) {
  const assets = files.filter((file) => file.path.startsWith("assets/"));
  const sum = (list) => list.reduce((total, file) => total + file.gzip, 0);
  const scripts = assets.filter((file) => file.path.endsWith(".js"));
  const measured = {
    scripts: sum(scripts),
    first: sum(scripts.filter((file) => first.includes(file.path.slice("assets/".length)))),
    styles: sum(assets.filter((file) => file.path.endsWith(".css"))),
    assets: assets.length,
  };
  const lines = assets.map((file) => `${String(file.gzip).padStart(7)} ${file.path}`);
  lines.push(...Object.entries(limits).map(([name, limit]) => `${name}: ${measured[name]} of ${limit}`));
  const faults = Object.entries(limits)
    .filter(([name, limit]) => measured[name] > limit)
    .map(([name, limit]) => `${name}: ${measured[name]}, at most ${limit}`);
  return { lines, faults };
}
