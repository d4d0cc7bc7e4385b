// Spectrum and waterfall of what one role receives: frequency from left to right, the newest on top.

import { VIRIDIS, colours } from "./colours.js";
import { FONT, Surface, decibels, octets } from "./surface.js";

const ROWS = 640;
const LEFT = 54;
const BELOW = 16;
const ROW_HEIGHTS = [2, 4];
const EMPTY = [80, 200]; // levels of a band in which nothing was received

class Air {
  constructor() {
    this.rows = []; // oldest first
    this.rate = 20e6;
  }

  add(sample) {
    this.rate = sample.rate;
    for (const [first, text] of sample.rows) this.rows.push({ at: first / sample.rate, levels: octets(text) });
    if (this.rows.length > ROWS) this.rows.splice(0, this.rows.length - ROWS);
  }
}

export class AirView {
  constructor(spectrum, waterfall, choice) {
    this.air = { ap: new Air(), tag: new Air() };
    this.role = "ap";
    this.range = EMPTY;
    this.image = document.createElement("canvas");
    this.spectrum = new Surface(spectrum, (...place) => this.drawSpectrum(...place));
    this.waterfall = new Surface(waterfall, (...place) => this.drawWaterfall(...place));
    choice.addEventListener("change", (event) => {
      this.role = event.target.value;
      this.redraw();
    });
  }

  clear() {
    this.air = { ap: new Air(), tag: new Air() };
    this.redraw();
  }

  add(samples) {
    for (const sample of samples) this.air[sample.role]?.add(sample);
    this.redraw();
  }

  redraw() {
    const { rows } = this.air[this.role];
    this.range = rangeOf(rows);
    this.spectrum.soon();
    this.waterfall.soon();
    const who = this.role === "ap" ? "the AP" : "the tag";
    const last = rows.at(-1);
    const said = last
      ? `${rows.length} spectra of what ${who} receives, the newest at ${(last.at * 1e3).toFixed(1)} ms, from ` +
        `${decibels(this.range[0]).toFixed(0)} to ${decibels(this.range[1]).toFixed(0)} dB`
      : "nothing received yet";
    this.spectrum.canvas.setAttribute("aria-label", `Spectrum: ${said}`);
    this.waterfall.canvas.setAttribute("aria-label", `Waterfall: ${said}`);
  }

  drawSpectrum(context, width, height) {
    const c = colours();
    const { rows, rate } = this.air[this.role];
    context.clearRect(0, 0, width, height);
    context.font = FONT;
    const bottom = height - BELOW;
    const [low, high] = this.range;
    const y = (level) => 4 + (bottom - 4) * (1 - (level - low) / Math.max(high - low, 1));
    context.textAlign = "right";
    context.textBaseline = "middle";
    const stepDb = [5, 10, 20, 40, 80].find((step) => (step * 2 * (bottom - 4)) / Math.max(high - low, 1) >= 17) ?? 80;
    for (let db = Math.ceil(decibels(low) / stepDb) * stepDb; db <= decibels(high); db += stepDb) {
      const at = y((db + 100) * 2);
      line(context, c.line, [[LEFT, at], [width, at]]);
      context.fillStyle = c.muted;
      context.fillText(`${db} dB`, LEFT - 5, Math.min(Math.max(at, 6), bottom - 5));
    }
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const x = LEFT + (width - LEFT) * share;
      line(context, c.line, [[x, 0], [x, bottom]]);
      context.fillStyle = c.muted;
      const mhz = ((share - 0.5) * rate) / 1e6;
      context.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
      if (width < 420 && share % 0.5) continue;
      context.fillText(`${mhz > 0 ? "+" : ""}${mhz.toFixed(mhz % 1 ? 2 : 0)} MHz`, x, height - 3);
    }
    if (!rows.length) return;
    const most = peaks(rows.slice(-120));
    trace(context, most, width, y, c.up, 1);
    trace(context, rows.at(-1).levels, width, y, c.down, 1.8);
    context.textAlign = "right";
    legend(context, width - 6, 13, [["newest", c.down], ["highest of late", c.up]]);
  }

  drawWaterfall(context, width, height) {
    const c = colours();
    const { rows } = this.air[this.role];
    context.clearRect(0, 0, width, height);
    context.fillStyle = c.paper;
    context.fillRect(LEFT, 0, width - LEFT, height);
    context.font = FONT;
    if (!rows.length) {
      context.fillStyle = c.muted;
      context.textAlign = "center";
      context.fillText("nothing received yet", LEFT + (width - LEFT) / 2, height / 2);
      return;
    }
    const bins = rows.at(-1).levels.length;
    const tall = Math.min(Math.max(height / rows.length, ROW_HEIGHTS[0]), ROW_HEIGHTS[1]);
    const visible = Math.min(rows.length, Math.ceil(height / tall));
    if (this.image.width !== bins || this.image.height < visible) {
      this.image.width = bins;
      this.image.height = ROWS;
    }
    const paint = this.image.getContext("2d");
    const pixels = paint.createImageData(bins, visible);
    const [low, high] = this.range;
    const scale = 255 / Math.max(high - low, 1);
    for (let row = 0; row < visible; row += 1) {
      const { levels } = rows[rows.length - 1 - row];
      for (let bin = 0; bin < bins; bin += 1) {
        const shade = Math.min(Math.max(Math.round(((levels[bin] ?? 0) - low) * scale), 0), 255) * 3;
        const at = (row * bins + bin) * 4;
        pixels.data[at] = VIRIDIS[shade];
        pixels.data[at + 1] = VIRIDIS[shade + 1];
        pixels.data[at + 2] = VIRIDIS[shade + 2];
        pixels.data[at + 3] = 255;
      }
    }
    paint.putImageData(pixels, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.image, 0, 0, bins, visible, LEFT, 0, width - LEFT, visible * tall);
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = c.muted;
    for (let y = 8; y < Math.min(height - 4, visible * tall); y += 36) {
      const row = rows[rows.length - 1 - Math.floor(y / tall)];
      if (!row) continue;
      const text = (row.at * 1e3).toFixed(1);
      const long = `${text} ms`;
      context.fillText(y === 8 && context.measureText(long).width < LEFT - 6 ? long : text, LEFT - 5, y);
    }
  }
}

function rangeOf(rows) {
  const recent = rows.slice(-200);
  if (!recent.length) return EMPTY;
  const seen = new Uint32Array(256);
  let count = 0;
  for (const { levels } of recent) for (const level of levels) if (level > 0) { seen[level] += 1; count += 1; }
  if (!count) return EMPTY;
  let [low, high, sum] = [0, 255, 0];
  for (let level = 0; level < 256; level += 1) {
    sum += seen[level];
    if (sum < count * 0.05) low = level;
    if (seen[level]) high = level;
  }
  return [Math.max(low - 6, 0), Math.min(Math.max(high + 6, low + 40), 255)];
}

function peaks(rows) {
  const most = new Uint8Array(rows.at(-1).levels.length);
  for (const { levels } of rows) for (let bin = 0; bin < most.length; bin += 1) most[bin] = Math.max(most[bin], levels[bin] ?? 0);
  return most;
}

function trace(context, levels, width, y, shade, thick) {
  context.beginPath();
  const last = levels.length - 1;
  levels.forEach((level, bin) => context.lineTo(LEFT + ((width - LEFT) * bin) / last, y(level)));
  context.strokeStyle = shade;
  context.lineWidth = thick;
  context.stroke();
}

function line(context, shade, points) {
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(Math.round(x) + 0.5, Math.round(y) + 0.5));
  context.strokeStyle = shade;
  context.lineWidth = 1;
  context.stroke();
}

function legend(context, right, y, entries) {
  let x = right;
  for (const [text, shade] of entries) {
    context.fillStyle = colours().ink;
    context.fillText(text, x, y);
    x -= context.measureText(text).width + 6;
    context.fillStyle = shade;
    context.fillRect(x - 14, y - 5, 14, 3);
    x -= 26;
  }
}
