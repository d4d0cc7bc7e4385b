// The page's colours for canvases, and the map of levels to colours: viridis, which every kind of colour vision orders.

const STOPS = [
  [68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141],
  [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37],
];

export const VIRIDIS = new Uint8Array(256 * 3);
for (let level = 0; level < 256; level += 1) {
  const place = (level / 255) * (STOPS.length - 1);
  const below = Math.min(Math.floor(place), STOPS.length - 2);
  for (let part = 0; part < 3; part += 1) {
    const [from, to] = [STOPS[below][part], STOPS[below + 1][part]];
    VIRIDIS[level * 3 + part] = Math.round(from + (to - from) * (place - below));
  }
}

const NAMES = ["paper", "panel", "line", "ink", "muted", "down", "up", "good", "bad", "note", "accent"];
let known = null;

export function colours() {
  if (known === null) {
    const style = getComputedStyle(document.documentElement);
    known = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }
  return known;
}

const watching = new Set();

export function onScheme(redraw) {
  watching.add(redraw);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  known = null;
  for (const redraw of watching) redraw();
});
