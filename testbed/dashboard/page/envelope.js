// The received power over air time, as the AP and as the tag hear it, with the PPDUs that were found marked on it.

import { colours } from "./colours.js";
import { FONT, Surface, decibels, octets } from "./surface.js";

const LEFT = 54;
const BELOW = 17;
const HEAD = 17;
const POINTS = 40_000;
const LANES = [["ap", "AP hears"], ["tag", "tag hears"]];

export class EnvelopeView {
  constructor(canvas, span, follow) {
    this.span = span;
    this.followButton = follow;
    this.clear();
    this.surface = new Surface(canvas, (...place) => this.draw(...place));
    span.addEventListener("change", () => this.surface.soon());
    follow.addEventListener("click", () => this.setFollow(!this.following));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  clear() {
    this.pieces = { ap: [], tag: [] };
    this.points = { ap: 0, tag: 0 };
    this.messages = new Map();
    this.end = 0;
    this.at = 0;
    this.following = true;
    this.surface?.soon();
  }

  add(samples) {
    for (const { role, rate, step, pieces } of samples) {
      if (!this.pieces[role]) continue;
      for (const [first, text] of pieces) {
        const piece = { from: first / rate, step: step / rate, levels: octets(text) };
        this.pieces[role].push(piece);
        this.points[role] += piece.levels.length;
        this.end = Math.max(this.end, piece.from + piece.levels.length * piece.step);
      }
      while (this.points[role] > POINTS) this.points[role] -= this.pieces[role].shift().levels.length;
    }
    this.redraw();
  }

  addMessages(rows) {
    for (const row of rows) {
      if (row.kind !== "message") continue;
      this.messages.set(row.n, row);
      this.end = Math.max(this.end, (row.t + row.air) / 1e3);
    }
    while (this.messages.size > 600) this.messages.delete(this.messages.keys().next().value);
    this.redraw();
  }

  setFollow(following) {
    this.following = following;
    this.followButton.setAttribute("aria-pressed", String(following));
    this.redraw();
  }

  redraw() {
    if (this.following) this.at = this.end;
    this.surface.soon();
    const found = [...this.messages.values()].filter((row) => row.outcome === "received").length;
    this.surface.canvas.setAttribute(
      "aria-label",
      `Envelope: received power up to ${(this.end * 1e3).toFixed(1)} ms of air time, ${found} PPDUs received`,
    );
  }

  key(event) {
    const step = this.width() / 8;
    const moves = { ArrowLeft: -step, ArrowRight: step, PageUp: -8 * step, PageDown: 8 * step };
    if (event.key in moves) this.move(moves[event.key]);
    else if (event.key === "End") this.setFollow(true);
    else if (event.key === "Home") { this.setFollow(false); this.at = this.width(); this.surface.soon(); }
    else if (event.key === "+" || event.key === "-") this.zoom(event.key === "+" ? -1 : 1);
    else return;
    event.preventDefault();
  }

  wheel(event) {
    if (!event.ctrlKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    if (event.ctrlKey) this.zoom(Math.sign(event.deltaY));
    else this.move((this.width() * event.deltaX) / 800);
  }

  move(seconds) {
    this.setFollow(false);
    this.at = Math.min(Math.max(this.at + seconds, Math.min(this.width(), this.end)), this.end);
    this.surface.soon();
  }

  zoom(way) {
    this.span.selectedIndex = Math.min(Math.max(this.span.selectedIndex + way, 0), this.span.options.length - 1);
    this.surface.soon();
  }

  width() {
    return Number(this.span.value) / 1e3;
  }

  draw(context, width, height) {
    const c = colours();
    const wide = this.width();
    const to = Math.max(this.at, wide);
    const from = to - wide;
    const x = (seconds) => LEFT + ((seconds - from) / wide) * (width - LEFT);
    context.clearRect(0, 0, width, height);
    context.font = FONT;
    this.axis(context, c, from, to, x, width, height);
    const lane = (height - BELOW) / LANES.length;
    const [low, high] = this.range(from, to);
    LANES.forEach(([role, words], index) => {
      const top = index * lane;
      const place = { top, bottom: top + lane - 4, low, high, from, to, x, width };
      this.drawMessages(context, c, role, place);
      this.drawPower(context, c, role, place);
      context.fillStyle = c.muted;
      context.textAlign = "right";
      context.textBaseline = "alphabetic";
      context.fillText(words.split(" ")[0], LEFT - 5, top + lane / 2);
      context.fillText(words.split(" ")[1], LEFT - 5, top + lane / 2 + 12);
      context.strokeStyle = c.line;
      context.beginPath();
      context.moveTo(LEFT, Math.round(place.bottom) + 0.5);
      context.lineTo(width, Math.round(place.bottom) + 0.5);
      context.stroke();
    });
  }

  axis(context, c, from, to, x, width, height) {
    const wide = (to - from) * 1e3;
    const step = [0.2, 0.5, 1, 2, 5, 10, 20, 50].find((each) => wide / each <= Math.max(width / 75, 3)) ?? 50;
    context.fillStyle = c.muted;
    context.strokeStyle = c.line;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    for (let ms = Math.ceil((from * 1e3) / step) * step; ms <= to * 1e3; ms += step) {
      const at = Math.round(x(ms / 1e3)) + 0.5;
      context.beginPath();
      context.moveTo(at, 0);
      context.lineTo(at, height - BELOW);
      context.stroke();
      const text = `${+ms.toFixed(1)} ms`;
      const half = context.measureText(text).width / 2;
      if (at + half < width && at - half > LEFT - 30) context.fillText(text, at, height - 4);
    }
  }

  range(from, to) {
    let [low, high] = [255, 0];
    for (const [role] of LANES) {
      for (const piece of this.pieces[role]) {
        if (piece.from > to || piece.from + piece.levels.length * piece.step < from) continue;
        for (const level of piece.levels) {
          if (level > 0 && level < low) low = level;
          if (level > high) high = level;
        }
      }
    }
    return high > low ? [Math.max(low, high - 120) - 4, high + 4] : [80, 200];
  }

  drawMessages(context, c, role, { top, bottom, from, to, x, width }) {
    for (const row of this.messages.values()) {
      if (row.down !== (role === "tag")) continue;
      const [begin, end] = [row.t / 1e3, (row.t + row.air) / 1e3];
      if (end < from || begin > to) continue;
      const good = row.outcome === "received" || row.outcome === "sent";
      const shade = good ? (row.down ? c.down : c.up) : c.bad;
      const left = Math.max(x(begin), LEFT);
      const right = Math.max(Math.min(x(end), width), left + 2);
      context.globalAlpha = 0.14;
      context.fillStyle = shade;
      context.fillRect(left, top, right - left, bottom - top);
      context.globalAlpha = 1;
      context.fillRect(left, top, right - left, 3);
      if (!good) cross(context, shade, (left + right) / 2, top + HEAD + 6);
      context.fillStyle = c.ink;
      context.textAlign = "left";
      context.textBaseline = "alphabetic";
      context.fillText(fitting(context, good ? row.name : `✗ ${row.name}`, right - left - 5), left + 3, top + 14);
    }
  }

  drawPower(context, c, role, { top, bottom, low, high, from, to, x, width }) {
    const y = (level) => bottom - ((bottom - top - HEAD) * (level - low)) / Math.max(high - low, 1);
    const columns = new Map();
    for (const piece of this.pieces[role]) {
      const until = piece.from + piece.levels.length * piece.step;
      if (until < from || piece.from > to) continue;
      const begin = Math.max(0, Math.floor((from - piece.from) / piece.step));
      const last = Math.min(piece.levels.length, Math.ceil((to - piece.from) / piece.step));
      for (let index = begin; index < last; index += 1) {
        const at = Math.floor(x(piece.from + index * piece.step));
        if (at < LEFT || at > width) continue;
        const level = piece.levels[index];
        const seen = columns.get(at);
        if (seen) { seen[0] = Math.min(seen[0], level); seen[1] = Math.max(seen[1], level); } else columns.set(at, [level, level]);
      }
    }
    context.strokeStyle = c.ink;
    context.lineWidth = 1;
    context.beginPath();
    let before = null;
    for (const [at, [least, most]] of [...columns].sort((a, b) => a[0] - b[0])) {
      if (before !== null && at - before.at <= Math.max(3, 2 * before.gap)) context.lineTo(at + 0.5, y(most));
      else context.moveTo(at + 0.5, y(most));
      context.lineTo(at + 0.5, Math.max(y(least), y(most) + 1));
      before = { at, gap: before === null ? 1 : Math.min(at - before.at, 8) };
    }
    context.stroke();
    if (columns.size) {
      context.fillStyle = c.muted;
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.fillText(`${decibels(high).toFixed(0)} dB`, LEFT - 5, top + HEAD);
      context.fillText(`${decibels(low).toFixed(0)}`, LEFT - 5, bottom - 6);
    }
  }
}

function fitting(context, name, width) {
  if (context.measureText(name).width <= width) return name;
  for (let letters = name.length - 1; letters > 6; letters -= 1) {
    const shorter = `${name.slice(0, letters)}…`;
    if (context.measureText(shorter).width <= width) return shorter;
  }
  return "";
}

function cross(context, shade, x, y) {
  context.strokeStyle = shade;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - 5, y - 5);
  context.lineTo(x + 5, y + 5);
  context.moveTo(x + 5, y - 5);
  context.lineTo(x - 5, y + 5);
  context.stroke();
}
