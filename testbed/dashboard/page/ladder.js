// The message ladder: stations are lifelines, a PPDU is an arrow, what a station concludes is a note on its line.

const SVG = "http://www.w3.org/2000/svg";
const MESSAGE = 40;
const NOTE = 22;
const PAUSE = 26;
const PAUSE_MS = 5;
const ROWS = 400;
const NARROW = 560;

export class LadderView {
  constructor(box, count, said) {
    this.box = box;
    this.count = count;
    this.said = said;
    this.rows = new Map();
    this.width = 0;
    this.waiting = false;
    new ResizeObserver(() => {
      if (box.clientWidth && (!this.lines || Math.abs(box.clientWidth - this.width) > 1)) this.rebuild();
    }).observe(box);
    this.empty = box.querySelector(".empty");
    this.clear();
  }

  clear() {
    this.rows.clear();
    this.drawn = new Map();
    this.stations = [];
    this.tail = null;
    this.heads = this.lines = null;
    this.box.replaceChildren(this.empty);
    this.count.textContent = "0 messages";
    this.said.textContent = "";
  }

  add(rows, { quiet = false } = {}) {
    const atEnd = this.box.scrollTop + this.box.clientHeight > this.box.scrollHeight - 60;
    let anew = false;
    for (const row of rows) {
      const known = this.rows.get(row.n);
      this.rows.set(row.n, row);
      for (const name of row.kind === "message" ? [row.from, ...(row.to === "all" ? [] : [row.to])] : []) {
        if (!this.stations.includes(name)) { this.stations.push(name); anew = true; }
      }
      if (known && !anew) this.replace(row);
    }
    while (this.rows.size > ROWS) this.forget(this.rows.keys().next().value);
    if (anew || !this.lines) this.rebuild();
    else for (const row of rows) if (!this.drawn.has(row.n) && this.rows.has(row.n)) this.append(row);
    this.tell(rows, quiet);
    if (atEnd) this.box.scrollTop = this.box.scrollHeight;
  }

  forget(number) {
    this.rows.delete(number);
    this.drawn.get(number)?.remove();
    this.drawn.delete(number);
    while (this.lines?.firstChild?.classList.contains("pause")) this.lines.firstChild.remove();
  }

  tell(rows, quiet) {
    const messages = [...this.rows.values()].filter((row) => row.kind === "message");
    const bad = messages.filter((row) => row.outcome === "dropped" || row.outcome === "not heard").length;
    this.count.textContent = `${messages.length} message${messages.length === 1 ? "" : "s"}${bad ? `, ✗ ${bad} lost` : ""}`;
    const last = rows.filter((row) => row.kind === "note").at(-1);
    if (last && !quiet) this.said.textContent = last.text;
  }

  rebuild() {
    if (!this.rows.size || !this.box.clientWidth) return;
    const { scrollTop } = this.box;
    this.width = this.box.clientWidth;
    this.narrow = this.width < NARROW;
    this.left = this.narrow ? 58 : 72;
    this.right = this.narrow ? 34 : 112;
    this.stations.sort((a, b) => (b === "AP") - (a === "AP"));
    this.drawn.clear();
    this.tail = null;
    this.heads = svg("svg", { class: "heads", height: 40, "aria-hidden": "true" });
    this.lines = element("div", { class: "lines" });
    this.box.replaceChildren(this.heads, this.lines);
    this.heads.append(text(this.left - 8, 24, "ms", { "text-anchor": "end", class: "muted", "font-size": 11 }));
    for (const name of this.stations) this.heads.append(this.head(name));
    for (const row of this.rows.values()) this.append(row);
    this.box.scrollTop = scrollTop;
  }

  x(name) {
    const index = Math.max(this.stations.indexOf(name), 0);
    const steps = Math.max(this.stations.length - 1, 1);
    return this.left + 30 + ((this.width - this.left - this.right - 30) * index) / steps;
  }

  head(name) {
    const x = this.x(name);
    const half = Math.max(24, name.length * 3.4 + 10);
    const group = svg("g", { "font-size": 12 });
    group.append(
      svg("rect", { x: x - half, y: 7, width: 2 * half, height: 25, rx: 5, class: "f-panel s-muted" }),
      text(x, 24, name, { "text-anchor": "middle", "font-weight": 600, class: "ink" }),
    );
    return group;
  }

  append(row) {
    const until = this.tail;
    if (until !== null && row.t - until > PAUSE_MS) this.lines.append(this.pause(row.t - until));
    this.tail = Math.max(until ?? 0, row.t + (row.air ?? 0));
    const drawn = this.draw(row);
    this.drawn.set(row.n, drawn);
    this.lines.append(drawn);
  }

  replace(row) {
    const before = this.drawn.get(row.n);
    if (!before) return;
    const drawn = this.draw(row);
    before.replaceWith(drawn);
    this.drawn.set(row.n, drawn);
  }

  draw(row) {
    return row.kind === "message" ? this.message(row) : this.note(row);
  }

  frame(height, attributes) {
    const group = svg("svg", { height, viewBox: `0 0 ${this.width} ${height}`, "font-size": 12, ...attributes });
    for (const name of this.stations) {
      const x = this.x(name);
      group.append(svg("line", { x1: x, x2: x, y1: 0, y2: height, "stroke-width": 2, class: "s-line" }));
    }
    return group;
  }

  message(row) {
    const lost = row.outcome === "dropped" || row.outcome === "not heard";
    const shade = lost ? "bad" : row.outcome === "sent" ? "waits" : row.down ? "down" : "up";
    const details = describe(row);
    const group = this.frame(MESSAGE, {
      class: `message ${shade}`, role: "img", tabindex: 0, "aria-label": details,
      "data-n": row.n, "data-name": row.name, "data-outcome": row.outcome,
    });
    const title = svg("title", {});
    title.textContent = details;
    group.append(title);
    const begin = this.x(row.from);
    const end = row.to === "all" ? this.x(this.stations.at(-1)) : this.x(row.to);
    const sign = Math.sign(end - begin) || 1;
    const y = 23;
    const line = { x1: begin, x2: end - sign * (lost ? 14 : 9), y1: y, y2: y, "stroke-width": 1.8, class: "stroke" };
    group.append(svg("line", lost || row.outcome === "sent" ? { ...line, "stroke-dasharray": "6 4" } : line));
    group.append(
      lost
        ? svg("path", { d: `M${end - sign * 10 - 4} ${y - 4}l8 8m0 -8l-8 8`, "stroke-width": 2, class: "stroke" })
        : svg("path", { d: `M${end - sign} ${y}L${end - sign * 10} ${y - 5}L${end - sign * 10} ${y + 5}Z`, class: "shade" }),
    );
    const middle = (begin + end) / 2;
    const sizes = `${row.octets} octets · ${rate(row.rate)}`;
    const name = text(middle, y - 7, row.name, { "text-anchor": "middle", "font-weight": 600, class: "shade" });
    group.append(text(this.left - 8, y + 4, row.t.toFixed(this.narrow ? 2 : 3), { "text-anchor": "end", "font-size": 11, class: "muted" }));
    const outcome = lost ? `✗ ${row.reason}` : row.snr === undefined || row.snr === null ? "" : `SNR ${row.snr.toFixed(1)} dB`;
    if (this.narrow) {
      const below = [sizes, outcome].filter(Boolean).join(" · ");
      group.append(name, text(middle, y + 13, below, { "text-anchor": "middle", "font-size": 10.5, class: lost ? "shade" : "muted" }));
    } else {
      const beside = svg("tspan", { dx: 8, "font-size": 11, "font-weight": 400, class: "muted" });
      beside.textContent = `${sizes} · ${row.air.toFixed(3)} ms`;
      name.append(beside);
      group.append(name, text(this.width - this.right + 12, y + 4, outcome, { "font-size": 11, class: lost ? "shade" : "muted" }));
    }
    return group;
  }

  note(row) {
    const group = this.frame(NOTE, { class: `said ${row.tone}`, role: "img", "aria-label": row.text, "data-n": row.n });
    const x = this.x(row.station);
    const last = this.stations.length > 1 && row.station === this.stations.at(-1);
    group.append(
      svg("circle", { cx: x, cy: 11, r: 3.5, class: "shade" }),
      text(last ? x - 12 : x + 12, 15, row.text, { "text-anchor": last ? "end" : "start", "font-size": 11, class: "shade" }),
    );
    return group;
  }

  pause(ms) {
    const group = this.frame(PAUSE, { class: "pause", "aria-hidden": "true" });
    group.append(
      svg("line", { x1: this.left, x2: this.width - 12, y1: 13, y2: 13, class: "s-line", "stroke-dasharray": "2 5" }),
      text(this.left - 8, 17, `+${ms.toFixed(1)}`, { "text-anchor": "end", "font-size": 11, "font-style": "italic", class: "muted" }),
    );
    return group;
  }
}

function describe(row) {
  const lines = [
    `${row.name}, ${row.from} to ${row.to}, ${row.down ? "downlink" : "uplink"}, at ${row.t.toFixed(3)} ms for ${row.air.toFixed(3)} ms`,
    `${row.octets} octets at ${rate(row.rate)}`,
    row.outcome + (row.reason && row.reason !== row.outcome ? `: ${row.reason}` : ""),
  ];
  if (typeof row.snr === "number") lines.push(`SNR ${row.snr.toFixed(1)} dB`);
  if (typeof row.clock === "number") lines.push(`clock ${row.clock.toFixed(1)} ppm`);
  if (typeof row.carrier === "number") lines.push(`carrier ${row.carrier.toFixed(0)} Hz`);
  return lines.join("\n");
}

function rate(bps) {
  return bps >= 1e6 ? `${bps / 1e6} Mb/s` : `${bps / 1e3} kb/s`;
}

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function text(x, y, words, attributes) {
  const made = svg("text", { x, y, ...attributes });
  made.textContent = words;
  return made;
}

function element(name, attributes) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
