// Under the lanes: tokens over time and time to first token per variant, drawn from what streams by anyway.

import { watch } from "./connection.js";
import { loadStyles, make, number, seconds, svg } from "./dom.js";

const WIDTH = 640;
const HEIGHT = 200;
const PAD = { left: 44, right: 28, top: 12, bottom: 26 };
const FALLBACK = ["#0068c9", "#ff8700", "#29b09d", "#ff2b2b", "#7d44cf", "#b58900", "#d33682", "#6d7a86"];

export function mount({ parentElement, data, setTriggerValue }) {
  loadStyles();
  const existing = parentElement.bpView;
  if (existing?.accepts(data, setTriggerValue)) return;
  existing?.unmount();
  const view = new ChartsView(parentElement, data, setTriggerValue);
  parentElement.bpView = view;
  parentElement.bpUnmount = () => {
    view.unmount();
    delete parentElement.bpView;
  };
}

class ChartsView {
  constructor(parent, data, trigger) {
    this.data = data;
    this.trigger = trigger;
    this.plot = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "bp-plot", "aria-hidden": "true" });
    this.bars = make("div", { class: "bp-bars", "aria-hidden": "true" });
    this.table = make("table", {});
    this.element = make(
      "section", { class: "bp-charts", "aria-label": "Live charts" },
      make("figure", {}, make("figcaption", {}, "Tokens over time (≈ characters / 4)"), this.plot),
      make("figure", {}, make("figcaption", {}, "Time to first token"), this.bars),
      make("div", { class: "bp-spoken" }, this.table),
    );
    parent.replaceChildren(this.element);
    this.connection = watch(data, this);
    this.draw();
  }

  accepts(data, trigger) {
    if (data.comparison !== this.data.comparison) return false;
    this.data = data;
    this.trigger = trigger;
    watch(data, this);
    return true;
  }

  unmount() {
    this.connection.remove(this);
    this.element.remove();
  }

  tick() {
    this.odd = !this.odd; // twice a second is enough for the eye
    if (this.odd) return;
    if (this.dirty || this.active().some((run) => !run.final)) this.draw();
  }

  text() {
    this.dirty = true;
  }

  facts() {
    this.dirty = true;
  }

  ended(key, sawRunning) {
    this.draw();
    // What ended before the browser could look was drawn by the page as running all the same.
    if ((sawRunning || this.data.drawnRunning) && this.fired !== key) {
      this.fired = key;
      this.trigger("finished", key);
    }
  }

  // What had ended runs again, perhaps by a lane's own button, of which the page knows nothing.
  again(key) {
    this.trigger("resumed", key);
  }

  // The runs of the last turn, one per lane: the repeat that came last.
  active() {
    const runs = [...this.connection.runs.values()];
    const turn = Math.max(0, ...runs.map((run) => run.turn));
    return this.connection.labels
      .map((label) => runs.filter((run) => run.label === label && run.turn === turn && run.facts.state !== "pending").at(-1))
      .filter(Boolean);
  }

  colour(label) {
    const own = getComputedStyle(this.element).getPropertyValue("--st-chart-categorical-colors");
    const colours = own.split(/,(?![^(]*\))/).map((colour) => colour.trim()).filter(Boolean);
    const all = colours.length >= 8 ? colours : FALLBACK;
    return all[(label.codePointAt(0) - 65 + all.length) % all.length];
  }

  draw() {
    this.dirty = false;
    const runs = this.active();
    this.drawPlot(runs);
    this.drawBars(runs);
    this.drawTable(runs);
  }

  drawPlot(runs) {
    const last = (run) => [run.elapsed ?? 0, run.chars / 4];
    const maxX = nice(Math.max(1, ...runs.map((run) => last(run)[0])));
    const maxY = nice(Math.max(20, ...runs.map((run) => last(run)[1])));
    const x = (value) => PAD.left + (value / maxX) * (WIDTH - PAD.left - PAD.right);
    const y = (value) => HEIGHT - PAD.bottom - (value / maxY) * (HEIGHT - PAD.top - PAD.bottom);
    const parts = [];
    for (const share of [0, 0.5, 1]) {
      parts.push(svg("line", { x1: PAD.left, x2: WIDTH - PAD.right, y1: y(share * maxY), y2: y(share * maxY), class: "bp-grid" }));
      parts.push(svg("text", { x: PAD.left - 6, y: y(share * maxY) + 4, "text-anchor": "end" }, short(share * maxY)));
      parts.push(svg("text", { x: x(share * maxX), y: HEIGHT - 8, "text-anchor": "middle" }, `${short(share * maxX)} s`));
    }
    for (const run of runs) {
      const end = last(run);
      const points = [...run.points.map(([at, chars]) => [at, chars / 4]), end];
      const line = points.map(([at, tokens]) => `${x(at).toFixed(1)},${y(tokens).toFixed(1)}`).join(" ");
      const colour = this.colour(run.label);
      parts.push(svg("polyline", { points: line, fill: "none", stroke: colour, "stroke-width": 2 }));
      parts.push(svg("text", { x: x(end[0]) + 5, y: y(end[1]) + 4, fill: colour, class: "bp-letter" }, run.label));
    }
    this.plot.replaceChildren(...parts);
  }

  drawBars(runs) {
    const longest = Math.max(0.001, ...runs.map((run) => run.facts.ttft ?? 0));
    this.bars.replaceChildren(
      ...runs.map((run) => {
        const { ttft } = run.facts;
        const bar = make("span", { class: "bp-bar" });
        bar.style.width = ttft == null ? "0" : `${Math.max(1, (ttft / longest) * 100)}%`;
        bar.style.background = this.colour(run.label);
        return make("div", { class: "bp-bar-row" },
          make("b", {}, run.label), make("span", { class: "bp-track" }, bar), make("span", { class: "bp-bar-value" }, seconds(ttft)));
      }),
    );
  }

  drawTable(runs) {
    const row = (tag, cells) => make("tr", {}, ...cells.map((cell) => make(tag, {}, cell)));
    this.table.replaceChildren(
      row("th", ["Variant", "Tokens", "Time to first token", "Elapsed"]),
      ...runs.map((run) => {
        const { out, ttft } = run.facts;
        const tokens = out == null ? `about ${number(Math.ceil(run.chars / 4))}` : number(out);
        return row("td", [run.label, tokens, seconds(ttft), seconds(run.elapsed)]);
      }),
    );
  }
}

function nice(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((step) => step >= value);
}

function short(value) {
  return value >= 1000 ? `${+(value / 1000).toFixed(1)}k` : String(+value.toFixed(1));
}
