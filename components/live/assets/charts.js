// Under the lanes: a race, where the time goes, cost, and cost against latency, drawn from what streams by anyway.

import { CostBars, TimeBars } from "./bars.js";
import { watch } from "./connection.js";
import { loadStyles, make } from "./dom.js";
import { rowOf, sum } from "./facts.js";
import { Race } from "./race.js";
import { Scatter } from "./scatter.js";
import { NumbersTable } from "./table.js";

const FALLBACK = ["#0072b2", "#d55e00", "#009e73", "#b4508f", "#b07800", "#3a9bd9", "#6b4c9a", "#5f6b76"];

const MOST_LOW = 5; // lanes that find room in a low figure

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
    this.table = new NumbersTable(data.comparison);
    this.element = make("section", { class: "bp-charts", "aria-label": "Live charts" });
    this.connection = watch(data, this);
    this.cost = new CostBars();
    this.figures = [new Race(this.connection.shared), new TimeBars(), this.cost, new Scatter()];
    this.element.append(make("div", { class: "bp-figures" }, ...this.figures.map((figure) => figure.element)), this.table.element);
    parent.replaceChildren(this.element);
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
    for (const figure of this.figures) figure.dispose();
    this.element.remove();
  }

  tick() {
    this.odd = !this.odd; // twice a second is enough for the eye
    if (this.odd) return;
    this.paint();
    if (this.dirty || this.rows.some((row) => !row.final)) this.draw();
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

  // The theme's colours, which somebody may change at any time; style sheets do the rest, in print too.
  paint() {
    const own = getComputedStyle(this.element).getPropertyValue("--st-chart-categorical-colors");
    if (own === this.palette) return;
    this.palette = own;
    const colours = own.split(/,(?![^(]*\))/).map((colour) => colour.trim()).filter(Boolean);
    (colours.length >= 8 ? colours : FALLBACK).slice(0, 8).forEach((colour, index) => this.element.style.setProperty(`--bp-c${index}`, colour));
  }

  // The last turn's runs that have begun, lane by lane; of a lane's repeats the last one is `current`.
  turn() {
    const runs = [...this.connection.runs.values()];
    const turn = Math.max(0, ...runs.map((run) => run.turn));
    if (this.connection.shared.turn !== turn) Object.assign(this.connection.shared, { turn, zoom: null });
    return this.connection.labels.flatMap((label) => {
      const begun = runs.filter((run) => run.label === label && run.turn === turn && run.facts.state !== "pending");
      return begun.sort((a, b) => a.repeat - b.repeat).map((run) => ({ ...rowOf(run), current: run === begun.at(-1) }));
    });
  }

  draw() {
    this.dirty = false;
    this.paint();
    this.rows = this.turn();
    if (this.connection.runs.size) this.element.classList.toggle("bp-free", this.free());
    for (const figure of this.figures) figure.draw(this.rows);
    this.table.draw(this.rows);
    this.cost.say(this.spent());
  }

  // Where nothing costs anything, figures of cost are low. A run's head tells that, so nothing moves when its cost is told.
  free() {
    const runs = [...this.connection.runs.values()];
    return this.connection.labels.length <= MOST_LOW && runs.every((run) => run.price === 0 || rowOf(run).cost.kind === "free");
  }

  // What everything shown here cost so far, all turns together; who is not in it is said.
  spent() {
    const begun = [...this.connection.runs.values()].filter((run) => run.facts.state !== "pending").map(rowOf);
    const known = begun.filter((row) => row.cost.kind !== "unknown");
    const out = [...new Set(begun.filter((row) => row.cost.kind === "unknown").map((row) => row.label))];
    const parts = known.length ? [`All lanes and turns so far: ${sum(known.map((row) => row.cost)).text}`] : [];
    if (out.length) parts.push(`${parts.length ? "without" : "Unknown:"} ${out.join(", ")}${parts.length ? ", whose cost is unknown" : ""}`);
    return parts.join(", ");
  }
}
