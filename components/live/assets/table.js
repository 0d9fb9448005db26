// The charts' numbers as a table: always there for screen readers, shown on request, and saved as CSV.

import { NA, make, number, rate, seconds } from "./dom.js";

const HEAD = ["Variant", "Repeat", "Model", "State", "Output tokens", "First token", "Per output token", "Total", "Tokens/s", "Cost"];
const COLUMNS = [
  "variant", "turn", "repeat", "model", "state", "input_tokens", "output_tokens", "output_tokens_estimated", "ttft_s",
  "first_reasoning_s", "time_per_output_token_s", "total_s", "cost_usd", "cost_estimated",
];

export class NumbersTable {
  constructor(name) {
    this.name = name;
    this.body = make("tbody", {});
    const head = make("thead", {}, make("tr", {}, ...HEAD.map((words) => make("th", { scope: "col" }, words))));
    this.table = make("table", { class: "bp-numbers" }, make("caption", {}, "The charts' numbers; ≈ marks estimates"), head, this.body);
    this.home = make("div", { class: "bp-spoken", id: `bp-numbers-${name}` }, this.table);
    this.show = make("button", { type: "button", class: "bp-small", "aria-expanded": "false", "aria-controls": this.home.id, onclick: () => this.toggle() }, "Show the numbers");
    this.save = make("button", { type: "button", class: "bp-small", onclick: () => this.download() }, "Save CSV");
    this.element = make("div", { class: "bp-under" }, make("div", { class: "bp-controls" }, this.show, this.save), this.home);
    this.rows = [];
  }

  toggle() {
    const shown = this.home.classList.toggle("bp-spoken");
    this.show.setAttribute("aria-expanded", String(!shown));
    this.show.textContent = shown ? "Show the numbers" : "Hide the numbers";
  }

  // Cells keep their place and change their text alone, so that a reader in the table stays where it is.
  draw(rows) {
    this.rows = rows;
    while (this.body.rows.length > rows.length) this.body.deleteRow(-1);
    rows.forEach((row, index) => {
      const line = this.body.rows[index] ?? this.body.appendChild(make("tr", {}, ...HEAD.map(() => make("td", {}))));
      cells(row).forEach((words, column) => {
        const cell = line.cells[column];
        if (cell.textContent !== words) cell.textContent = words;
      });
    });
  }

  download() {
    const lines = [COLUMNS, ...this.rows.map(values)].map((fields) => fields.map(quoted).join(","));
    const address = URL.createObjectURL(new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" }));
    const link = make("a", { href: address, download: `comparison-${this.name.slice(0, 8)}-live.csv` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
}

function cells(row) {
  const { run } = row;
  const about = row.exact ? "" : "≈ ";
  const tokens = row.tokens === null ? NA : about + number(row.tokens);
  const per = row.perToken === null ? NA : `${about}${rate(row.perToken * 1000)} ms`;
  const speed = row.perToken ? about + rate(1 / row.perToken) : NA;
  return [row.label, String(row.repeat + 1), run.model, run.facts.state, tokens, seconds(row.ttft), per, seconds(row.total), speed, row.cost.text];
}

function values(row) {
  const { run } = row;
  const cost = row.cost.written ?? row.cost.usd;
  return [
    row.label, run.turn, row.repeat + 1, run.model, run.facts.state, run.facts.in, row.tokens, row.tokens === null ? null : !row.exact,
    row.ttft, row.thinking, row.perToken, row.total, cost, cost === null ? null : !row.cost.exact,
  ];
}

// What is not known stays empty. A spreadsheet would run text that begins like a formula.
function quoted(value) {
  if (value == null) return "";
  const words = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}
