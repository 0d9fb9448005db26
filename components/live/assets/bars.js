// A bar per variant: where its time goes, and what it costs so far.

import { seconds, svg } from "./dom.js";
import { perTokenWords, sum, totalWords } from "./facts.js";
import { Figure, block, letter, nice, text, variant } from "./plot.js";

const LEFT = 26;
const ROW = 52; // px at most

class Bars extends Figure {
  parts(rows) {
    const lanes = [...new Set(rows.map((row) => row.label))].map((label) => rows.filter((row) => row.label === label));
    const right = Math.min(this.labels, this.width * 0.42);
    const step = Math.min(ROW, this.height / Math.max(1, lanes.length));
    const place = { from: LEFT, room: this.width - LEFT - right, thick: Math.max(10, Math.min(24, step * 0.55)) };
    const scale = (value) => (value / this.most(lanes)) * place.room;
    return lanes.map((lane, index) => {
      const middle = step * (index + 0.5);
      const row = lane.find((one) => one.current) ?? lane.at(-1);
      const track = svg("rect", { x: place.from, y: middle - place.thick / 2, width: place.room, height: place.thick, class: "bp-track" });
      const end = { x: this.width - right + 8, y: middle + 4 };
      return variant("g", row, {}, letter(row, 9, middle), track, ...this.bar(lane, row, { ...place, scale, y: middle - place.thick / 2, end }));
    });
  }
}

export class TimeBars extends Bars {
  constructor() {
    super({
      name: "times", title: "Where the time goes", note: "",
      legend: [["stripes", "to first token"], ["dots", "of it reasoning"], ["solid", "writing"], ["rest", "rest"]],
    });
    this.labels = 172;
    this.hint = "Time per output token = (total − first token) / (output tokens − 1).";
    this.say("");
  }

  most(lanes) {
    return nice(Math.max(0.5, ...lanes.flat().filter((row) => row.current).map((row) => row.total ?? 0)));
  }

  bar(_lane, row, { from, scale, thick, y, end }) {
    const parts = [];
    for (const [kind, begin, stop, words] of segments(row)) {
      parts.push(block(this, kind, { x: from + scale(begin), y, width: scale(stop) - scale(begin), height: thick, tip: `${row.label} ${words}: ${seconds(stop - begin)}` }));
    }
    const per = perTokenWords(row);
    parts.push(text(end.x, end.y, `${totalWords(row)}${per ? ` · ${per}` : ""}`, { class: "bp-value" }));
    return parts;
  }
}

// [texture, from, to, words] of what a run did with its time so far.
export function segments({ final, last, thinking, total, ttft }) {
  if (total == null) return [];
  const answering = ttft ?? total;
  const found = [];
  if (thinking === null || thinking > answering) found.push(["stripes", 0, answering, "time to first token"]);
  else found.push(["stripes", 0, thinking, "waiting"], ["dots", thinking, answering, "reasoning"]);
  if (ttft !== null) {
    const written = Math.min(total, Math.max(ttft, last ?? total));
    found.push(["solid", ttft, written, "writing"]);
    if (final && total > written) found.push(["rest", written, total, "rest"]);
  }
  return found;
}

export class CostBars extends Bars {
  constructor() {
    super({ name: "cost", title: "Cost", note: "so far, in the end exact", legend: [["stripes", "estimate ≈"], ["solid", "priced"]] });
    this.labels = 150;
  }

  most(lanes) {
    const known = lanes.map((lane) => sum(lane.map((row) => row.cost)).usd ?? 0);
    const most = Math.max(...known);
    return most > 0 ? nice(most) : 1;
  }

  bar(lane, row, { from, room, scale, thick, y, end }) {
    const cost = sum(lane.map((one) => one.cost));
    const tip = `${row.label}: ${cost.text}. ${cost.why}`;
    const value = (words) => text(end.x, end.y, words, { class: "bp-value" });
    if (cost.kind === "unknown") {
      const around = svg("rect", { x: from, y, width: room, height: thick, class: "bp-nobody" }, svg("title", {}, tip));
      return [around, value(cost.text)];
    }
    if (cost.kind === "free") return [value("$0 · free")];
    const kind = cost.exact ? "solid" : "stripes";
    const words = lane.length > 1 ? `${cost.text} · ${lane.length} runs` : cost.text;
    return [block(this, kind, { x: from, y, width: Math.max(1, scale(cost.usd)), height: thick, tip }), value(words)];
  }
}
