// What one run says, in the figures that charts and table draw: exact where the service told, else an estimate.

import { NA, seconds } from "./dom.js";

const TOKEN = 4; // characters per token, until the service tells; see components/live/expected.py

export function place(label) {
  return (label.codePointAt(0) - 65 + 8) % 8;
}

// As bedrock_playground.catalog.money writes it: at least three significant digits and two decimals.
export function usd(amount) {
  if (!amount) return "$0";
  const decimals = Math.max(2, 2 - Math.floor(Math.log10(Math.abs(amount))));
  return `$${amount.toLocaleString("en", { minimumFractionDigits: Math.min(decimals, 20), maximumFractionDigits: Math.min(decimals, 20) })}`;
}

export function rowOf(run) {
  const { facts, final } = run;
  const exact = facts.out != null;
  const tokens = exact ? facts.out : final && !run.chars ? null : Math.ceil((run.chars + run.reasoningChars) / TOKEN);
  const total = run.elapsed;
  const ttft = facts.ttft ?? null;
  const perToken = tokens >= 2 && total != null && ttft != null && total > ttft ? (total - ttft) / (tokens - 1) : null;
  return {
    run, final, exact, tokens, total, ttft, perToken,
    label: run.label,
    place: place(run.label),
    repeat: run.repeat,
    thinking: facts.rttft ?? null,
    last: final ? facts.last ?? null : total,
    cost: costOf(run, tokens),
  };
}

// {kind: "priced" | "free" | "unknown", usd, text, exact}; what nobody knows is never 0.
function costOf(run, tokens) {
  const { cost } = run.facts;
  if (cost) {
    const amount = cost.usd === null ? null : Number(cost.usd);
    return { kind: kindOf(amount), usd: amount, written: cost.usd, text: cost.text, why: cost.origin, exact: true };
  }
  if (run.final || run.price === undefined) return { kind: "unknown", usd: null, text: NA, why: "Nobody was there to price this run", exact: true };
  if (run.price === null) return { kind: "unknown", usd: null, text: "unknown", why: "Nobody knows its price", exact: true };
  if (run.price === false) return { kind: "unknown", usd: null, text: "told at the end", why: "What its attachments or its calls come to is told at the end", exact: true };
  if (run.price === 0) return { kind: "free", usd: 0, text: "$0", why: "No charge", exact: true };
  const amount = run.price[0] + run.price[1] * tokens;
  return { kind: "priced", usd: amount, text: `≈ ${usd(amount)}`, why: "An estimate: characters / 4 at the model's rates, no cache", exact: false };
}

function kindOf(amount) {
  return amount === null ? "unknown" : amount === 0 ? "free" : "priced";
}

// Costs together; one that nobody knows makes the sum unknown.
export function sum(costs) {
  if (costs.length === 1) return costs[0];
  const missing = costs.find((cost) => cost.kind === "unknown");
  if (missing) return missing;
  const amount = costs.reduce((all, cost) => all + cost.usd, 0);
  const exact = costs.every((cost) => cost.exact);
  return { kind: kindOf(amount), usd: amount, text: `${exact ? "" : "≈ "}${usd(amount)}`, why: `${costs.length} runs together`, exact };
}

// Tokens of the visible text by time: [[seconds, tokens], …]. Once the service told the count, the whole line is scaled to it.
export function course({ run, total, final }) {
  const { facts, chars } = run;
  const told = facts.out != null && chars && (!run.reasoningChars || facts.rtokens != null);
  const share = told && final ? (facts.out - (facts.rtokens ?? 0)) / chars : 1 / TOKEN;
  const end = final ? facts.last ?? total : total;
  // What a busy browser saw late had arrived by the end all the same.
  const points = run.points.filter(([at]) => end == null || at < end).map(([at, count]) => [at, count * share]);
  if (facts.ttft != null && points.length && points[0][0] > facts.ttft) points.unshift([facts.ttft, 0]);
  if (end != null) points.push([end, chars * share]);
  return points;
}

export function perTokenWords(row) {
  if (row.perToken === null) return "";
  const ms = row.perToken * 1000;
  return `${row.exact ? "" : "≈ "}${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms/token`;
}

export function totalWords(row) {
  return row.total == null ? NA : seconds(row.total);
}
