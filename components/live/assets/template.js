// Rebuilds a block's HTML from its Markdown source; the mirror of rendering/template.py, which says how it works.
// Elements and literals come out of the server's sanitiser; everything copied from the source is escaped here.

import { ELEMENTS } from "./elements.js";

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const STEP = /-(\d+)|(\d+)|,|'(.)|(\))|([$@ag])|(_?[A-Za-z])/gsu;
const SPECIAL = {
  a: (href) => `<a href="${href}" target="_blank" rel="noopener noreferrer nofollow">`,
  g: (language) => `<pre class="bp-code" data-lang="${language}">`,
  "@": (tag) => tag,
};

export function escapeHtml(text) {
  return text.replace(/[&<>]/g, (sign) => ESCAPES[sign]);
}

// A template that refers to an earlier one (``~5,2~``: its first 5 signs and 2 literals) made whole.
export function complete([code, ...literals], earlier) {
  const reference = code.match(/^~(\d+),(\d+)~/);
  if (!reference) return [code, ...literals];
  const [oldCode, ...oldLiterals] = earlier;
  const [all, signs, shared] = reference;
  return [oldCode.slice(0, signs) + code.slice(all.length), ...oldLiterals.slice(0, shared), ...literals];
}

export function expand([code, ...literals], source) {
  const open = [];
  let cursor = 0;
  let next = 0;
  let html = "";
  const start = (tag) => {
    html += tag;
    if (tag !== "<br>" && tag !== "<hr>") open.push(`</${tag.match(/[a-z0-9]+/)[0]}>`);
  };
  for (const [, skip, copy, sign, close, special, element] of code.matchAll(STEP)) {
    if (skip) cursor += Number(skip);
    else if (copy) html += escapeHtml(source.slice(cursor, (cursor += Number(copy))));
    else if (sign) html += escapeHtml(sign);
    else if (close) html += open.pop();
    else if (special === "$") html += literals[next++];
    else if (special) start(SPECIAL[special](literals[next++]));
    else if (element) start(ELEMENTS[element]);
  }
  return html + open.reverse().join("");
}
