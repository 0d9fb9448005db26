// Cost against latency, with the output's size as a bubble. What is free or of unknown price has a strip of its own.

import { NA, number, seconds, svg } from "./dom.js";
import { usd } from "./facts.js";
import { Figure, letter, line, linear, log, nice, short, spread, text, variant } from "./plot.js";

const PAD = { left: 66, right: 22, top: 16, bottom: 24 };
const STRIP = 36; // px, with its gap
const BUBBLE = 16; // px, the radius of the longest answer
const WIDE = 20; // the largest over the smallest from which an axis is logarithmic

export class Scatter extends Figure {
  constructor() {
    super({
      name: "scatter", title: "Cost against latency", note: "bubble: output tokens",
      hint: "Lower left is cheap and quick. Point at a bubble, or go through them with the arrow keys.",
      keys: "Left and right go from bubble to bubble and read it.",
    });
    this.chosen = null;
    this.logarithmic = { x: false, y: false }; // while it runs, once wide stays wide: axes do not go to and fro
    this.canvas.addEventListener("pointermove", (event) => {
      const box = this.canvas.getBoundingClientRect();
      this.choose(this.nearest(event.clientX - box.left, event.clientY - box.top));
    });
    this.canvas.addEventListener("pointerleave", () => this.choose(null));
    this.canvas.addEventListener("blur", () => this.choose(null));
    this.canvas.addEventListener("keydown", (event) => {
      const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!side || !this.bubbles?.length) return;
      const now = this.bubbles.findIndex(({ row }) => row.run === this.chosen);
      const next = now < 0 ? (side > 0 ? 0 : this.bubbles.length - 1) : (now + side + this.bubbles.length) % this.bubbles.length;
      this.choose(this.bubbles[next].row.run, true);
      event.preventDefault();
      event.stopPropagation();
    });
  }

  parts(rows) {
    const shown = rows.filter((row) => row.total != null && row.total > 0);
    const priced = shown.filter((row) => row.cost.kind === "priced");
    const strips = ["free", "unknown"].filter((kind) => shown.some((row) => row.cost.kind === kind));
    if (rows.every((row) => row.final)) this.logarithmic = { x: false, y: false };
    const right = this.width - PAD.right;
    const bottom = this.height - PAD.bottom - strips.length * STRIP;
    this.x = this.axis("x", shown.map((row) => row.total), PAD.left, right);
    this.y = priced.length ? this.axis("y", priced.map((row) => row.cost.usd), bottom, PAD.top) : null;
    const middle = (kind) => bottom + (strips.indexOf(kind) + 0.5) * STRIP + 4;
    const most = Math.max(1, ...shown.map((row) => row.tokens ?? 0));
    this.bubbles = shown.map((row) => ({
      row,
      at: this.x(row.total),
      down: row.cost.kind === "priced" ? this.y(row.cost.usd) : middle(row.cost.kind),
      radius: Math.max(4, BUBBLE * Math.sqrt((row.tokens ?? 0) / most)) * (row.current ? 1 : 0.6),
    }));
    const parts = [...this.frame(right, bottom)];
    for (const kind of strips) {
      const words = kind === "free" ? "$0, free" : "unknown";
      parts.push(svg("rect", { x: PAD.left, y: middle(kind) - STRIP / 2 + 4, width: right - PAD.left, height: STRIP - 6, class: "bp-strip" }), text(PAD.left - 6, middle(kind) + 4, words, { "text-anchor": "end" }));
    }
    parts.push(...[...this.bubbles].sort((a, b) => b.radius - a.radius).map((bubble) => this.bubble(bubble)));
    parts.push(...this.letters());
    this.mark();
    return parts;
  }

  // In a strip all lie at one height: letters of those that took equally long stand beside each other.
  letters() {
    const current = this.bubbles.filter(({ row }) => row.current);
    const places = new Map(current.map((bubble) => [bubble, bubble.at]));
    for (const kind of ["free", "unknown"]) {
      const mine = current.filter(({ row }) => row.cost.kind === kind);
      spread(mine.map(({ at }) => at), 17, PAD.left + 9, this.width - 9).forEach((at, index) => places.set(mine[index], at));
    }
    return current.map((bubble) => letter(bubble.row, places.get(bubble), bubble.down));
  }

  axis(name, values, from, to) {
    const known = values.filter((value) => value > 0);
    const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [1, 1];
    if (high / low > WIDE) this.logarithmic[name] = true;
    if (!this.logarithmic[name]) return linear(0, nice(high * 1.08), from, to);
    return log(below(low / 1.15), nice(high * 1.15), from, to);
  }

  frame(right, bottom) {
    const parts = [];
    if (this.y) {
      const [across, up] = [(right - PAD.left) / 2, (bottom - PAD.top) / 2];
      parts.push(
        svg("rect", { x: PAD.left, y: bottom - up, width: across, height: up, class: "bp-corner" }),
        text(PAD.left + 6, bottom - up + 14, "cheap and quick", { class: "bp-corner-words" }),
      );
      for (const value of apart(this.y.ticks(), this.y, 20)) parts.push(line(PAD.left, this.y(value), right, this.y(value)), text(PAD.left - 6, this.y(value) + 4, rounded(value), { "text-anchor": "end" }));
    } else {
      parts.push(text((PAD.left + right) / 2, (PAD.top + bottom) / 2, "No lane here has a price per token", { "text-anchor": "middle" }));
    }
    const floor = this.height - PAD.bottom;
    parts.push(line(PAD.left, PAD.top, PAD.left, floor));
    for (const value of apart(this.x.ticks(), this.x, 44)) parts.push(line(this.x(value), floor, this.x(value), floor + 4), text(this.x(value), this.height - 6, `${short(value)} s`, { "text-anchor": "middle" }));
    return parts;
  }

  bubble({ row, at, down, radius }) {
    const kind = `bp-bubble${row.final ? "" : " bp-open"}${row.current ? "" : " bp-faint"}`;
    return variant("circle", row, { cx: at.toFixed(1), cy: down.toFixed(1), r: radius.toFixed(1), class: kind });
  }

  nearest(x, y) {
    const away = ({ at, down }) => Math.hypot(at - x, down - y);
    const found = [...(this.bubbles ?? [])].sort((a, b) => away(a) - away(b))[0];
    return found && away(found) < Math.max(found.radius, 12) + 8 ? found.row.run : null;
  }

  choose(run, aloud = false) {
    this.chosen = run;
    this.mark(aloud);
  }

  mark(aloud = false) {
    const found = this.bubbles?.find(({ row }) => row.run === this.chosen);
    this.overlay.replaceChildren(...(found ? [svg("circle", { cx: found.at, cy: found.down, r: Math.max(10, found.radius + 3), class: "bp-chosen" })] : []));
    if (!found) {
      this.say("");
      return;
    }
    const { row } = found;
    const tokens = row.tokens === null ? NA : `${row.exact ? "" : "≈ "}${number(row.tokens)}`;
    const which = row.current ? row.label : `${row.label}, repeat ${row.repeat + 1}`;
    this.say(`${which}: ${row.cost.text} · ${seconds(row.total)}${row.final ? "" : " so far"} · ${tokens} tokens`, aloud);
  }
}

// Round amounts without the zeros that make an amount look measured.
function rounded(value) {
  return usd(value).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

function below(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [5, 3, 2, 1].map((step) => step * unit).find((step) => step <= value * 1.000001);
}

function apart(values, scale, gap) {
  const kept = [];
  for (const value of values) {
    if (!kept.length || Math.abs(scale(value) - scale(kept.at(-1))) >= gap) kept.push(value);
  }
  return kept;
}
