// Tokens over time, a line per variant. A stretch of it can be looked at closely, and stays so while text arrives.

import { make, svg } from "./dom.js";
import { course } from "./facts.js";
import { DASHES, Figure, letter, line, linear, nice, short, spread, text, variant } from "./plot.js";

const PAD = { left: 40, right: 26, top: 10, bottom: 24 };
const SMALLEST = 0.05; // seconds that may fill the width
const HINT = "Drag across the chart to zoom in; the arrow keys move a cursor.";

export class Race extends Figure {
  constructor(store) {
    super({
      name: "race", title: "Race", note: "tokens over time, ≈ characters / 4 until the count is told", hint: HINT,
      keys: "Left and right move a cursor that reads the lines, with Shift the zoomed stretch; plus and minus zoom; 0 shows all.",
    });
    this.store = store; // outlives this figure: [from, to] in seconds, or null for all
    this.cursor = null;
    this.brush = null;
    const button = (words, name, act) => make("button", { type: "button", class: "bp-small", "aria-label": name, title: name, onclick: act }, words);
    this.reset = button("Reset", "Show the whole race", () => this.zoom(null));
    this.reset.disabled = true;
    this.controls.append(button("−", "Zoom out", () => this.scale(2)), button("+", "Zoom in", () => this.scale(0.5)), this.reset);
    this.listen();
  }

  listen() {
    const { canvas } = this;
    const at = (event) => event.clientX - canvas.getBoundingClientRect().left;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.x) return;
      canvas.setPointerCapture(event.pointerId);
      this.brush = [at(event), at(event)];
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.x) return;
      if (this.brush) this.brush[1] = at(event);
      this.point(this.x.invert(at(event)));
    });
    canvas.addEventListener("pointerup", () => this.brushed());
    canvas.addEventListener("pointercancel", () => { this.brush = null; this.mark(); });
    canvas.addEventListener("pointerleave", () => { if (!this.brush) this.point(null); });
    canvas.addEventListener("blur", () => this.point(null));
    canvas.addEventListener("dblclick", () => this.zoom(null));
    // Plain turning of the wheel stays the page's; with Ctrl, which is also what a pinch sends, it zooms.
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey || !this.x) return;
      event.preventDefault();
      this.scale(event.deltaY > 0 ? 1.25 : 0.8, this.x.invert(at(event)));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (!this.x || event.ctrlKey || event.metaKey || event.altKey) return;
    const [from, to] = this.range;
    const step = (to - from) / 40;
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (side && event.shiftKey) this.zoom([from + side * step * 8, to + side * step * 8]);
    else if (side) this.point(Math.min(to, Math.max(from, (this.cursor ?? (side > 0 ? from : to)) + side * step)), true);
    else if (event.key === "+" || event.key === "=") this.scale(0.5, this.cursor ?? undefined);
    else if (event.key === "-") this.scale(2, this.cursor ?? undefined);
    else if (event.key === "0" || event.key === "Home") this.zoom(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  brushed() {
    const drawn = this.brush;
    this.brush = null;
    if (drawn && Math.abs(drawn[1] - drawn[0]) > 8) this.zoom(drawn.map((at) => this.x.invert(at)).sort((a, b) => a - b));
    else this.mark();
  }

  scale(factor, around) {
    if (!this.x) return;
    const [from, to] = this.range;
    const middle = around ?? (from + to) / 2;
    this.zoom([middle - (middle - from) * factor, middle + (to - middle) * factor]);
  }

  zoom(range) {
    if (!this.rows) return;
    let next = range;
    if (range) {
      const width = Math.max(SMALLEST, range[1] - range[0]);
      const from = Math.max(0, range[0]);
      next = from === 0 && width >= this.whole ? null : [from, from + width];
    }
    this.store.zoom = next;
    this.draw(this.rows);
  }

  point(seconds, aloud = false) {
    this.cursor = seconds;
    this.mark(aloud);
  }

  parts(rows) {
    const shown = rows.filter((row) => row.total != null);
    this.lines = shown.map((row) => ({ row, points: course(row) }));
    this.whole = nice(Math.max(1, ...shown.map((row) => row.total)));
    this.range = this.store.zoom ?? [0, this.whole];
    this.reset.disabled = !this.store.zoom;
    this.element.dataset.range = this.range.map((at) => at.toFixed(3)).join(" ");
    const { width, height } = this;
    const [low, high] = this.heights();
    this.x = linear(...this.range, PAD.left, width - PAD.right);
    this.y = linear(low, high, height - PAD.bottom, PAD.top);
    const parts = [svg("clipPath", { id: `${this.id}-inside` }, svg("rect", { x: PAD.left, y: 0, width: width - PAD.left - PAD.right, height: height - PAD.bottom + 1 }))];
    for (const value of this.y.ticks()) parts.push(line(PAD.left, this.y(value), width - PAD.right, this.y(value)), text(PAD.left - 6, this.y(value) + 4, short(value), { "text-anchor": "end" }));
    for (const value of this.x.ticks()) parts.push(line(this.x(value), height - PAD.bottom, this.x(value), height - PAD.bottom + 4), text(this.x(value), height - 6, `${short(value)} s`, { "text-anchor": "middle" }));
    parts.push(svg("g", { "clip-path": `url(#${this.id}-inside)` }, ...this.lines.map((one) => this.course(one))), ...this.letters());
    this.mark();
    return parts;
  }

  // Everything fits while all is shown; a zoomed stretch fills the height with what lies in it.
  heights() {
    const most = Math.max(20, ...this.lines.map(({ points }) => points.at(-1)?.[1] ?? 0));
    if (!this.store.zoom) return [0, nice(most)];
    const inside = this.lines.flatMap(({ points }) => [
      ...points.filter(([at]) => at >= this.range[0] && at <= this.range[1]).map(([, tokens]) => tokens),
      ...this.range.map((at) => tokensAt(points, at)).filter((tokens) => tokens !== null),
    ]);
    if (!inside.length) return [0, nice(most)];
    const [low, high] = [Math.min(...inside), Math.max(...inside)];
    const room = Math.max(1, (high - low) * 0.06);
    return [Math.max(0, low - room), high + room];
  }

  course({ row, points }) {
    const drawn = points.map(([at, tokens]) => `${this.x(at).toFixed(1)},${this.y(tokens).toFixed(1)}`).join(" ");
    return variant("polyline", row, { points: drawn, class: row.current ? "bp-line" : "bp-line bp-faint", "stroke-dasharray": DASHES[row.place] });
  }

  letters() {
    const [from, to] = this.range;
    const ends = this.lines.filter(({ row, points }) => row.current && points.length).map(({ row, points }) => {
      const at = Math.min(points.at(-1)[0], to);
      return { row, at, tokens: tokensAt(points, at) ?? points.at(-1)[1] };
    }).filter(({ at }) => at >= from);
    const places = spread(ends.map(({ tokens }) => this.y(tokens)), 17, PAD.top, this.height - PAD.bottom - 8);
    return ends.map(({ row, at }, index) => letter(row, this.x(at) + 13, places[index]));
  }

  // The cursor, and what the lines say there; the stretch that is being dragged.
  mark(aloud = false) {
    if (!this.x) return;
    const parts = [];
    const bottom = this.height - PAD.bottom;
    if (this.brush) {
      const [from, to] = [...this.brush].sort((a, b) => a - b);
      parts.push(svg("rect", { x: from, y: PAD.top, width: to - from, height: bottom - PAD.top, class: "bp-brush" }));
    }
    const at = this.cursor;
    const inside = at !== null && at >= this.range[0] && at <= this.range[1];
    if (inside) parts.push(line(this.x(at), PAD.top, this.x(at), bottom, "bp-cursor"));
    this.overlay.replaceChildren(...parts);
    if (!inside) {
      this.say("");
      return;
    }
    const told = this.lines.filter(({ row }) => row.current).map(({ row, points }) => {
      const tokens = tokensAt(points, at);
      return `${row.label} ${tokens === null ? "–" : Math.round(tokens)}`;
    });
    this.say(`At ${at.toFixed(2)} s: ${told.join(" · ")} tokens`, aloud);
  }
}

// Between two points as the line is drawn; nothing before the first, the last after a run's end.
function tokensAt(points, seconds) {
  if (!points.length || seconds < points[0][0]) return null;
  const after = points.findIndex(([at]) => at >= seconds);
  if (after < 0) return points.at(-1)[1];
  if (after === 0) return points[0][1];
  const [[from, low], [to, high]] = [points[after - 1], points[after]];
  return to === from ? high : low + ((high - low) * (seconds - from)) / (to - from);
}
