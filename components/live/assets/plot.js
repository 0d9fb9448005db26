// What the charts share: a figure of fixed height with caption, drawing and read-out, and scales for it.

import { make, svg } from "./dom.js";

// Told apart without colour: by letter, and lines by their dashes too.
export const DASHES = ["", "8 4", "2 4", "10 4 2 4", "14 4", "5 3 1 3", "1 3", "7 2 2 2 2 2"];
let figures = 0;

export class Figure {
  constructor({ name, title, note, hint = "", legend = [], keys = "" }) {
    this.id = `bp-figure-${(figures += 1)}`;
    this.hint = hint;
    this.width = 0;
    this.drawing = svg("g");
    this.overlay = svg("g");
    this.picture = svg("svg", { "aria-hidden": "true" }, patterns(this.id), this.drawing, this.overlay);
    this.canvas = make("div", { class: "bp-canvas", ...(keys ? { tabindex: "0", role: "group", "aria-label": `${title}. ${keys}` } : {}) }, this.picture);
    this.readout = make("div", { class: "bp-readout" }, hint);
    this.controls = make("span", { class: "bp-controls" });
    this.caption = make("figcaption", {}, make("b", {}, title), make("span", { class: "bp-note" }, note), ...legend.map((entry) => swatch(this.id, ...entry)), this.controls);
    this.element = make("figure", { class: "bp-figure", "data-testid": `live-${name}` }, this.caption, this.canvas, this.readout);
    this.watcher = new ResizeObserver(([entry]) => {
      this.width = Math.floor(entry.contentRect.width);
      this.height = Math.floor(entry.contentRect.height);
      this.picture.setAttribute("width", this.width);
      this.picture.setAttribute("height", this.height);
      if (this.rows) this.draw(this.rows);
    });
    this.watcher.observe(this.canvas);
  }

  dispose() {
    this.watcher.disconnect();
  }

  draw(rows) {
    this.rows = rows;
    if (this.width > 60) this.drawing.replaceChildren(...this.parts(rows));
  }

  say(text, aloud = false) {
    const shown = text || this.hint;
    this.readout.toggleAttribute("aria-live", false);
    if (aloud) this.readout.setAttribute("aria-live", "polite");
    if (this.readout.textContent !== shown) this.readout.textContent = shown;
  }

  pattern(kind) {
    return `url(#${this.id}-${kind})`;
  }
}

function patterns(id) {
  const pattern = (kind, size, ...shapes) => svg("pattern", { id: `${id}-${kind}`, width: size, height: size, patternUnits: "userSpaceOnUse" }, ...shapes);
  return svg(
    "defs", {},
    pattern("stripes", 6, svg("path", { d: "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", class: "bp-gap" })),
    pattern("dots", 6, svg("circle", { cx: 1.5, cy: 1.5, r: 1.4, class: "bp-gap-dot" }), svg("circle", { cx: 4.5, cy: 4.5, r: 1.4, class: "bp-gap-dot" })),
  );
}

// Bars differ in texture as well: a block of colour, or one that the page's own colour is drawn over.
export function block(figure, kind, { x, y, width, height, tip = "" }) {
  const shape = { x: x.toFixed(1), y: y.toFixed(1), width: Math.max(0, width).toFixed(1), height: height.toFixed(1) };
  const solid = svg("rect", { ...shape, class: kind === "rest" ? "bp-outline" : "bp-fill" });
  const over = kind === "stripes" || kind === "dots" ? [svg("rect", { ...shape, fill: figure.pattern(kind) })] : [];
  return svg("g", {}, ...(tip ? [svg("title", {}, tip)] : []), solid, ...over);
}

function swatch(id, kind, words) {
  const shape = block({ pattern: (name) => `url(#${id}-${name})` }, kind, { x: 0.5, y: 0.5, width: 13, height: 9 });
  return make("span", { class: "bp-swatch" }, svg("svg", { width: 14, height: 10, "aria-hidden": "true" }, shape), words);
}

export function variant(tag, row, attributes, ...children) {
  return svg(tag, { ...attributes, style: `--c: var(--bp-c${row.place})` }, ...children);
}

export function letter(row, x, y) {
  return variant("g", row, { class: "bp-badge" },
    svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 8 }),
    svg("text", { x: x.toFixed(1), y: (y + 4).toFixed(1), "text-anchor": "middle" }, row.label));
}

export function text(x, y, words, attributes = {}) {
  return svg("text", { x: x.toFixed(1), y: y.toFixed(1), ...attributes }, words);
}

export function line(x1, y1, x2, y2, kind = "bp-grid") {
  return svg("line", { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), class: kind });
}

// Letters at the ends of lines, moved apart where they would lie on each other.
export function spread(places, gap, low, high) {
  const order = places.map((at, index) => [at, index]).sort((a, b) => a[0] - b[0]);
  for (let index = 1; index < order.length; index += 1) order[index][0] = Math.max(order[index][0], order[index - 1][0] + gap);
  let limit = high;
  for (const place of order.reverse()) {
    place[0] = Math.max(low, Math.min(place[0], limit));
    limit = place[0] - gap;
  }
  const moved = [];
  for (const [at, index] of order) moved[index] = at;
  return moved;
}

export function nice(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((step) => step >= value * 0.999999);
}

export function ticks(low, high, wanted = 4) {
  const rough = (high - low) / wanted;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((share) => share * unit).find((share) => share >= rough);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) found.push(at);
  return found;
}

export function linear(low, high, from, to) {
  const scale = (value) => from + ((value - low) / (high - low)) * (to - from);
  return Object.assign(scale, { ticks: () => ticks(low, high), invert: (at) => low + ((at - from) / (to - from)) * (high - low), kind: "linear" });
}

export function log(low, high, from, to) {
  const [first, last] = [Math.log10(low), Math.log10(high)];
  const scale = (value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from);
  const decades = () => {
    const found = [];
    const steps = last - first > 3 ? [1] : last - first > 1.2 ? [1, 3] : [1, 2, 5];
    for (let power = Math.floor(first); power <= last; power += 1) {
      for (const step of steps) found.push(step * 10 ** power);
    }
    return found.filter((at) => at >= low * 0.999 && at <= high * 1.001);
  };
  return Object.assign(scale, { ticks: decades, kind: "log" });
}

export function short(value) {
  if (Math.abs(value) >= 1000) return `${+(value / 1000).toFixed(1)}k`;
  return String(+value.toPrecision(3));
}
