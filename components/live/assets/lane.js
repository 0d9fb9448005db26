// One variant's lane: its conversation so far, the answer that streams, figures, errors and a few buttons.

import { AnswerView } from "./answer.js";
import { watch } from "./connection.js";
import { iconButton, loadStyles, make } from "./dom.js";
import { MetricsView } from "./metrics.js";
import { OutputFigures } from "./outputs.js";

export function mount({ parentElement, data, setTriggerValue }) {
  loadStyles();
  const existing = parentElement.bpView;
  if (existing?.accepts(data, setTriggerValue)) return;
  existing?.unmount();
  const view = new LaneView(parentElement, data, setTriggerValue);
  parentElement.bpView = view;
  parentElement.bpUnmount = () => {
    view.unmount();
    delete parentElement.bpView;
  };
}

class LaneView {
  constructor(parent, data, trigger) {
    this.data = data;
    this.trigger = trigger;
    this.place = (data.label.codePointAt(0) - 64) % 26;
    this.answers = new Map();
    this.repeat = 0;
    this.picked = false; // whether the reader chose a repeat; until then the last one that runs or answered is shown
    this.showRaw = false;
    this.stuck = true;
    this.tabs = make("div", { class: "bp-tabs", role: "tablist", "aria-label": "Repeats", hidden: true });
    this.turns = make("div", { class: "bp-turns" });
    this.scroller = make("div", { class: "bp-scroller", tabindex: "0", role: "region", "aria-label": data.blind ? `Text of answer ${data.label}` : `Answer of ${data.label}` }, this.turns);
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.error = make("div", { class: "bp-error", role: "alert", hidden: true });
    this.notice = make("div", { class: "bp-notice", hidden: true });
    this.unrecorded = make("div", { class: "bp-unrecorded", role: "status", hidden: true });
    this.name = data.blind ? `Answer ${data.label}` : `Variant ${data.label}`;
    this.metrics = new MetricsView(data.blind);
    this.figures = new OutputFigures();
    this.spoken = make("div", { class: "bp-spoken", "aria-live": "polite" });
    this.element = make(
      "section",
      { class: `bp-lane${data.expanded ? " bp-expanded" : ""}`, "aria-label": this.name },
      this.makeToolbar(), this.scroller, this.error, this.notice, this.metrics.element, this.figures.element, this.metrics.attempts, this.unrecorded, this.spoken,
    );
    parent.replaceChildren(this.element);
    this.connection = watch(data, this);
    this.layout();
    this.status();
  }

  makeToolbar() {
    const { blind, label } = this.data;
    const who = blind ? `answer ${label}` : label;
    this.stopButton = iconButton("stop", `Stop ${who}`, () => this.connection.send({ op: "stop", lane: label }));
    this.rerunButton = iconButton("rerun", `Re-run ${who}`, () => this.rerun());
    this.copyButton = iconButton("copy", "Copy the raw text", () => this.copy());
    this.rawButton = iconButton("raw", "Show the raw text", () => this.toggleRaw());
    this.rawButton.setAttribute("aria-pressed", "false");
    this.model = make("span", { class: "bp-model", "data-testid": "lane-model" });
    return make("div", { class: "bp-toolbar" }, this.tabs, this.model, this.stopButton, this.rerunButton, this.copyButton, this.rawButton);
  }

  accepts(data, trigger) {
    if (data.comparison !== this.data.comparison || data.label !== this.data.label) return false;
    this.data = data;
    this.trigger = trigger;
    this.element.classList.toggle("bp-expanded", Boolean(data.expanded));
    watch(data, this);
    return true;
  }

  unmount() {
    this.connection.remove(this);
    this.element.remove();
  }

  // What the connection tells.

  layout() {
    const mine = [...this.connection.runs.values()].filter((run) => run.label === this.data.label);
    const lastTurn = Math.max(0, ...mine.map((run) => run.turn));
    const current = mine.filter((run) => run.turn === lastTurn).sort((a, b) => a.repeat - b.repeat);
    if (lastTurn !== this.lastTurn) this.picked = false;
    this.lastTurn = lastTurn;
    const begun = current.filter((run) => run.facts.state !== "pending");
    if (!this.picked) this.repeat = (current.findLast(showsSomething) ?? begun.at(-1))?.repeat ?? 0;
    this.current = current.find((run) => run.repeat === this.repeat) ?? current[0] ?? null;
    this.drawTabs(current);
    const shown = [];
    for (let turn = 0; turn <= lastTurn; turn += 1) {
      const ofTurn = mine.filter((run) => run.turn === turn);
      const run = ofTurn.find((candidate) => candidate.repeat === this.repeat) ?? ofTurn.at(-1);
      if (run) shown.push(run);
    }
    this.drawTurns(shown, lastTurn > 0);
    this.refresh();
  }

  drawTurns(shown, withPrompts) {
    const kept = new Map();
    const children = [];
    for (const run of shown) {
      const known = this.answers.get(run.id);
      const answer = known?.run === run ? known : new AnswerView(run); // the same run may have come anew
      kept.set(run.id, answer);
      if (withPrompts) children.push(make("div", { class: "bp-prompt" }, run.prompt));
      if (run.model !== this.current?.model) children.push(make("div", { class: "bp-model", title: run.model }, run.model));
      answer.element.toggleAttribute("data-testid", false);
      if (run === this.current) answer.element.setAttribute("data-testid", "lane-text");
      if (answer.showRaw !== this.showRaw) answer.setRaw(this.showRaw);
      children.push(answer.element);
    }
    if (!shown.length) children.push(make("div", { class: "bp-answer bp-waiting", "data-testid": "lane-text" }));
    this.answers = kept;
    this.turns.replaceChildren(...children);
  }

  drawTabs(current) {
    this.tabs.hidden = current.length < 2;
    this.tabs.replaceChildren(
      ...(current.length < 2 ? [] : current).map((run) =>
        make("button", {
          type: "button", role: "tab", class: "bp-tab", "aria-selected": String(run === this.current),
          "data-state": run.facts.state, title: `Repeat ${run.repeat + 1}: ${run.facts.state}`,
          onclick: () => this.pick(run.repeat),
        }, String(run.repeat + 1)),
      ),
    );
  }

  pick(repeat) {
    this.picked = true;
    this.repeat = repeat;
    this.stuck = true;
    this.layout();
    this.painted();
  }

  text(run, delta) {
    this.answers.get(run.id)?.text(delta);
  }

  block(run, block, commit) {
    this.answers.get(run.id)?.block(block, commit);
  }

  tail(run) {
    this.answers.get(run.id)?.drawTail();
  }

  reasoning(run, delta) {
    this.answers.get(run.id)?.reasoning(delta);
  }

  facts(run) {
    if (run.label !== this.data.label) return;
    this.answers.get(run.id)?.facts();
    const tab = this.tabs.children[run.repeat];
    if (tab) tab.dataset.state = run.facts.state;
    const begins = showsSomething(run) && run.turn === this.lastTurn && run.repeat > this.repeat;
    if (begins && !this.picked) this.layout();
    if (run === this.current) this.refresh();
    if (run === this.current && run.final) this.say(run);
  }

  status() {
    const { problem, status } = this.connection;
    this.notice.hidden = !problem && status !== "reconnecting";
    this.notice.textContent = problem ?? "The connection was lost; reconnecting… Nothing is lost.";
    this.refresh();
  }

  tick() {
    if (this.current && !this.current.final) this.metrics.update(this.current, this.connection.status);
  }

  painted() {
    // Writing without reading first: the browser clamps it, and no layout is forced in between.
    if (this.stuck && !this.data.expanded) this.scroller.scrollTop = 1e9;
  }

  // What follows from it.

  refresh() {
    const run = this.current;
    const running = Boolean(run) && !run.final;
    const away = this.connection.status === "refused"; // then nobody would hear the buttons
    this.stopButton.hidden = !running || away;
    this.rerunButton.hidden = running || !run || away;
    this.element.classList.toggle("bp-away", away);
    this.model.textContent = this.model.title = run?.model ?? "";
    const unrecorded = run?.facts.unrecorded;
    this.unrecorded.hidden = !unrecorded;
    this.unrecorded.textContent = unrecorded ? `Not recorded: ${unrecorded}` : "";
    this.copyButton.hidden = this.rawButton.hidden = !run;
    this.element.setAttribute("aria-busy", String(running && !away));
    clearTimeout(this.settling);
    if (running) this.element.classList.add("bp-streaming");
    // Lanes often end together; showing all their blocks again at once would be one long task.
    else this.settling = setTimeout(() => this.element.classList.remove("bp-streaming"), this.place * 150);
    if (run) {
      this.metrics.update(run, this.connection.status);
      this.figures.update(run);
    }
    this.showError(run?.facts.error);
  }

  showError(error) {
    const shown = error && error.type !== "Cancelled" ? error : null;
    if (this.shownError === shown) return;
    this.shownError = shown;
    this.error.hidden = !shown;
    if (!shown) return;
    const code = shown.code ? ` (${shown.code})` : "";
    const request = shown.request ? [make("p", { class: "bp-request" }, `Request id ${shown.request}`)] : [];
    this.error.replaceChildren(
      make("strong", {}, `${shown.type}${code}`),
      make("p", {}, shown.what),
      make("p", { class: "bp-advice" }, shown.advice),
      ...request,
      make("button", { type: "button", class: "bp-retry", onclick: () => this.rerun() }, "Retry"),
    );
  }

  say(run) {
    const { state, out } = run.facts;
    this.spoken.textContent = `${this.name} ${state}${out == null ? "" : `, ${out} tokens`}.`;
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.stuck = scrollHeight - scrollTop - clientHeight < 48;
  }

  rerun() {
    this.stuck = true;
    // The settings that stand in the page are the page's to know.
    if (this.data.pageReruns) this.trigger("rerun", true);
    else this.connection.send({ op: "rerun", lane: this.data.label });
  }

  toggleRaw() {
    this.showRaw = !this.showRaw;
    this.rawButton.setAttribute("aria-pressed", String(this.showRaw));
    for (const answer of this.answers.values()) answer.setRaw(this.showRaw);
  }

  async copy() {
    const text = this.current?.text ?? "";
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyBySelection(text); // plain HTTP has no clipboard interface
    }
    this.copyButton.classList.add("bp-done");
    setTimeout(() => this.copyButton.classList.remove("bp-done"), 1200);
  }
}

// What runs, or has come to an answer: of repeats the last one of these is shown, after a reload too.
function showsSomething(run) {
  return run.facts.state === "running" || (run.final && Boolean(run.text || run.facts.tools));
}

function copyBySelection(text) {
  const area = make("textarea", { style: "position:fixed;opacity:0" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
