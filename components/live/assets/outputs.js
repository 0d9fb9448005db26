// What an answer holds besides its text: tool calls, JSON held against its schema, a guardrail's findings, and
// the figures of cache and tier. Everything comes from a model or a service and goes in as text.

import { make, number, seconds } from "./dom.js";

const OPEN_LEVELS = 2; // of a tree, unfolded at first

// A node is the JSON text of a scalar, ["o", [[name, node], ...], left out] or ["a", [node, ...], left out].
export function tree(node, level = 0, name = null) {
  const label = name === null ? [] : [make("span", { class: "bp-tree-name" }, name), ": "];
  if (typeof node === "string") return make("div", { class: "bp-tree-line" }, ...label, scalar(node));
  const [kind, members, more] = node;
  const [open, close] = kind === "o" ? ["{", "}"] : ["[", "]"];
  const count = members.length + more;
  if (count === 0) return make("div", { class: "bp-tree-line" }, ...label, open + close);
  const word = kind === "o" ? "member" : "item";
  const note = make("span", { class: "bp-tree-note" }, ` ${number(count)} ${word}${count === 1 ? "" : "s"}`);
  const children = members.map((member, index) =>
    kind === "o" ? tree(member[1], level + 1, member[0]) : tree(member, level + 1, String(index)),
  );
  if (more) children.push(make("div", { class: "bp-tree-note" }, `… ${number(more)} more`));
  return make(
    "details",
    { class: "bp-tree", open: level < OPEN_LEVELS },
    make("summary", {}, ...label, open, close, note),
    make("div", { class: "bp-tree-members" }, ...children),
  );
}

function scalar(text) {
  const kind = text.startsWith('"') ? "s" : /^[-\d]/.test(text) ? "n" : "k";
  return make("span", { class: `bp-tree-${kind}` }, text);
}

export class OutputsView {
  constructor() {
    this.element = make("div", { class: "bp-outputs", hidden: true });
  }

  // Whether the answer's text is shown here, as a tree, and need not be shown beside it.
  get replacesText() {
    return Boolean(this.shown?.json?.tree);
  }

  update({ tools, json, guardrail }) {
    const shown = { tools, json, guardrail };
    if (this.shown && Object.keys(shown).every((key) => this.shown[key] === shown[key])) return;
    this.shown = shown;
    const parts = [
      ...(json ? [checked(json)] : []),
      ...(tools ?? []).map(call),
      ...(guardrail ? [findings(guardrail)] : []),
    ];
    this.element.hidden = !parts.length;
    this.element.replaceChildren(...parts);
  }
}

function checked({ valid, problems, more, tree: node }) {
  const verdict =
    valid === null ? "The schema cannot be checked" : valid ? "Valid: follows the schema" : "Invalid: does not follow the schema";
  const state = valid === null ? "unknown" : String(valid);
  const list = problems.map(([path, message]) => make("li", {}, make("code", {}, path), ` ${message}`));
  if (more) list.push(make("li", {}, `… ${number(more)} more`));
  return make(
    "div",
    { class: "bp-json", "data-testid": "lane-json" },
    make("div", { class: "bp-verdict", "data-valid": state }, verdict),
    list.length ? make("ul", { class: "bp-problems" }, ...list) : null,
    node ? tree(node) : null,
  );
}

function call({ name, id, input, raw }) {
  const malformed = raw !== undefined;
  return make(
    "div",
    { class: "bp-call", "data-testid": "lane-tool-call" },
    make("div", { class: "bp-call-head" }, "Calls ", make("b", {}, name), id ? make("span", { class: "bp-tree-note", title: "The service's id of this call" }, ` ${id}`) : null),
    malformed ? make("div", { class: "bp-verdict", "data-valid": "false" }, "The arguments are not a JSON object; as they came:") : null,
    malformed ? make("pre", { class: "bp-call-raw" }, raw) : tree(input),
  );
}

function findings({ words, trace }) {
  return make(
    "div",
    { class: "bp-guardrail", "data-testid": "lane-guardrail" },
    make("div", { class: "bp-call-head" }, make("b", {}, "Guardrail")),
    make("ul", {}, ...words.map((text) => make("li", {}, text))),
    make("details", {}, make("summary", {}, "The whole trace"), tree(trace)),
  );
}

export function reasoningTitle({ rtime, rttft, rtokens }, final) {
  if (!final) return "Reasoning …";
  const time = rtime != null ? `for ${seconds(rtime)}` : rttft != null ? `began after ${seconds(rttft)}` : "time n/a";
  return `Reasoning · ${time} · ${rtokens == null ? "tokens n/a" : `${number(rtokens)} tokens`}`;
}

const FIGURES = [
  ["cacheRead", "cache hit", "Input tokens read from the prompt cache"],
  ["cacheWrite", "cache write", "Input tokens written to the prompt cache"],
  ["cacheWrite1h", "of it for 1 h", "The part of the written tokens that is kept for an hour"],
];
const MODES = [
  ["tier", "tier", "Service tier: what was asked for, and what the service says it used"],
  ["latencyMode", "latency", "Latency mode: what was asked for, and what the service says it used"],
];

// A second line of figures, there only where something is told.
export class OutputFigures {
  constructor() {
    this.element = make("div", { class: "bp-metrics bp-figures", "data-testid": "lane-figures", hidden: true });
  }

  update({ facts }) {
    const told = [...FIGURES, ...MODES].map(([key]) => facts[key]);
    const now = JSON.stringify(told);
    if (now === this.now) return;
    this.now = now;
    const cells = FIGURES.filter(([key]) => facts[key] != null).map(([key, label, title]) => cell(label, title, number(facts[key])));
    for (const [key, label, title] of MODES) {
      if (facts[key]) cells.push(mode(label, title, ...facts[key]));
    }
    this.element.hidden = !cells.length;
    this.element.replaceChildren(...cells);
  }
}

function cell(label, title, value) {
  return make("span", { class: "bp-metric", title }, make("i", {}, label), make("b", {}, value));
}

function mode(label, title, wanted, got) {
  const differs = wanted !== null && got !== null && wanted !== got;
  const value = wanted === null || wanted === got ? got : `${wanted} → ${got ?? "not told"}`;
  const element = cell(label, title, value);
  if (differs) {
    element.classList.add("bp-differs");
    element.title = `${title}. Asked for ${wanted}, used ${got}.`;
  }
  return element;
}
