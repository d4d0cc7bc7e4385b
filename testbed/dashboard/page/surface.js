// A canvas that fits its place on the screen and is drawn at most once a frame.

import { onScheme } from "./colours.js";

export class Surface {
  constructor(canvas, draw) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.width = 0;
    this.height = 0;
    this.draw = draw;
    this.waiting = false;
    new ResizeObserver(() => this.fit()).observe(canvas);
    onScheme(() => this.soon());
    this.fit();
  }

  fit() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    if (width === 0 || height === 0) return;
    this.width = width;
    this.height = height;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== across || this.canvas.height !== down) {
      this.canvas.width = across;
      this.canvas.height = down;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.soon();
  }

  soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (this.width === 0) this.fit();
      if (this.width > 0) this.draw(this.context, this.width, this.height);
    });
  }
}

export function octets(text) {
  const binary = atob(text);
  const out = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) out[index] = binary.charCodeAt(index);
  return out;
}

export const FONT = '11px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
export const decibels = (level) => level / 2 - 100;
