// The line of figures under an answer. What is not known is n/a, never 0.

import { make, number, rate, seconds } from "./dom.js";

const STATES = {
  pending: "waiting",
  running: "streaming",
  completed: "completed",
  failed: "failed",
  cancelled: "stopped",
  interrupted: "interrupted",
  refused: "disconnected",
};

const FIELDS = [
  ["ttft", "TTFT", "Time to first token: from sending the request to the first visible text"],
  ["speed", "tokens/s", "(output tokens − 1) / (total − TTFT)"],
  ["in", "in", "Input tokens, as the service counts them"],
  ["out", "out", "Output tokens, as the service counts them"],
  ["elapsed", "elapsed", "Since the request was sent"],
];
const UNPRICED = "Nobody was there to price this run";
const END_FIELDS = [
  ["cost", "cost", UNPRICED],
  ["thousand", "per 1,000", UNPRICED],
  ["latency", "server", "The service's own latency figure: another clock"],
  ["stop", "stop", "Why the model stopped"],
];
const GUESS = "An estimate, characters / 4, until the service tells the token count";

export class MetricsView {
  constructor(blind = false) {
    this.blind = blind; // then the server tells no figures, and a row of n/a would say nothing
    this.chip = make("span", { class: "bp-chip" });
    this.values = {};
    const cells = [...FIELDS, ...END_FIELDS].map(([key, label, title]) => {
      this.values[key] = make("b", {});
      const cell = make("span", { class: "bp-metric", "data-metric": key, title }, make("i", {}, label), this.values[key]);
      this.values[key].cell = cell;
      this.values[key].hint = title;
      return cell;
    });
    this.element = make("div", { class: "bp-metrics", "data-testid": "lane-metrics" }, this.chip, ...(blind ? [] : cells));
    this.attempts = make("ul", { class: "bp-attempts", hidden: true });
  }

  update(run, status) {
    const { facts, final } = run;
    const state = ["reconnecting", "refused"].includes(status) && !final ? status : facts.state;
    const held = this.blind && state === "running"; // until all have ended
    this.put(this.chip, held ? "answering" : STATES[state] ?? `${state}…`);
    this.chip.dataset.state = state;
    this.put(this.values.ttft, seconds(facts.ttft));
    const exact = facts.speed != null;
    const guess = exact ? null : run.liveSpeed;
    this.put(this.values.speed, guess != null && !final ? `≈ ${rate(guess)}` : rate(facts.speed));
    this.hint(this.values.speed, guess != null && !final ? GUESS : this.values.speed.hint);
    const told = facts.out != null;
    this.put(this.values.in, number(facts.in));
    this.put(this.values.out, told || final || !run.chars ? number(facts.out) : `≈ ${number(Math.ceil(run.chars / 4))}`);
    this.hint(this.values.out, told || final ? this.values.out.hint : GUESS);
    this.put(this.values.elapsed, seconds(run.elapsed));
    this.values.elapsed.cell.firstChild.textContent = final ? "total" : "elapsed";
    for (const [key] of END_FIELDS) this.values[key].cell.classList.toggle("bp-later", !final);
    this.showCost(facts.cost);
    this.put(this.values.latency, seconds(facts.latency));
    this.put(this.values.stop, facts.stop?.replaceAll("_", " ") ?? "n/a");
    this.showAttempts(facts.attempts ?? []);
  }

  showCost(cost) {
    this.put(this.values.cost, cost?.text ?? "n/a");
    this.put(this.values.thousand, cost?.thousand ?? "n/a");
    this.hint(this.values.cost, cost?.origin ?? UNPRICED);
    this.hint(this.values.thousand, cost ? `What 1,000 such requests cost · ${cost.origin}` : UNPRICED);
  }

  showAttempts(attempts) {
    if (this.shown === attempts.length) return;
    this.shown = attempts.length;
    this.attempts.hidden = !attempts.some((attempt) => attempt.backoff != null);
    this.attempts.replaceChildren(
      ...attempts.map(({ number: which, error, message, backoff }) => {
        const then = backoff == null ? "" : ` Tried again after ${seconds(backoff)}.`;
        return make("li", {}, `Attempt ${which}: ${error}. ${message ?? ""}${then}`);
      }),
    );
  }

  put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  hint(element, text) {
    if (element.cell.title !== text) element.cell.title = text;
  }
}
