// The text of one run on the screen: finished blocks, then the growing tail with its caret.

import { make } from "./dom.js";
import { OutputsView, reasoningTitle } from "./outputs.js";

const BLOCKS = new Set(["P", "LI", "H1", "H2", "H3", "H4", "H5", "H6", "PRE", "UL", "OL", "BLOCKQUOTE"]);

// Where text that follows belongs: the innermost block at the very end.
function endOf(element) {
  let home = element;
  for (;;) {
    const last = home.lastChild;
    const inner = last?.nodeType === Node.ELEMENT_NODE && (BLOCKS.has(last.tagName) || home.tagName === "PRE");
    if (!inner) return home;
    home = last;
  }
}

export class AnswerView {
  constructor(run) {
    this.run = run;
    this.showRaw = false;
    this.body = make("div", { class: "bp-md" });
    this.reasoningText = make("div", { class: "bp-reasoning-text" });
    this.reasoningTitle = make("summary", {}, "Reasoning");
    this.reasoningBox = make("details", { class: "bp-reasoning", hidden: true }, this.reasoningTitle, this.reasoningText);
    this.reasoningTitle.addEventListener("click", () => { this.folded = true; }); // by the reader, from now on
    this.outputs = new OutputsView();
    this.element = make("div", { class: "bp-answer" }, this.reasoningBox, this.body, this.outputs.element);
    this.rebuild();
    this.reasoning(run.reasoning);
  }

  rebuild() {
    const run = this.run;
    this.body.replaceChildren();
    this.body.classList.toggle("bp-raw", this.showRaw);
    this.tailElement = make("div", { class: "bp-tail" });
    this.caret = make("span", { class: "bp-caret", "aria-hidden": "true" });
    this.body.append(this.tailElement);
    if (this.showRaw) {
      this.rawText = document.createTextNode(run.text);
      this.tailElement.append(this.rawText, this.caret);
    } else {
      this.tailElement.insertAdjacentHTML("beforebegin", run.blocks.map((block) => run.html(block)).join(""));
      this.drawTail();
    }
    this.facts();
  }

  setRaw(raw) {
    this.showRaw = raw;
    this.rebuild();
  }

  text(delta) {
    if (!this.folded) this.fold();
    this.rawText.appendData(delta);
  }

  block(block, commit) {
    if (this.showRaw) return;
    if (commit && this.rich === this.run.blocks.at(-1)?.template) {
      this.rawText.remove();
      this.caret.remove();
      this.tailElement.before(...this.tailElement.childNodes);
    } else {
      this.tailElement.insertAdjacentHTML("beforebegin", this.run.html(block));
    }
    this.drawTail();
  }

  drawTail() {
    if (this.showRaw) return;
    const { run } = this;
    const html = run.tailHtml();
    this.rich = run.tail?.template ?? null;
    const rest = run.text.slice(run.blocksEnd + (run.tail?.units ?? 0));
    this.rawText = document.createTextNode(html === null ? rest.replace(/^\s+/, "") : rest);
    this.tailElement.innerHTML = html ?? "";
    if (html === null) this.tailElement.append(make("p", { class: "bp-plain-tail" }));
    const home = endOf(this.tailElement);
    home.append(this.rawText, this.caret);
  }

  reasoning(delta) {
    if (!delta) return;
    this.reasoningBox.hidden = false;
    this.reasoningText.append(delta);
    if (!this.folded) this.fold();
  }

  // Reasoning is open while there is nothing else to read, until the reader decides.
  fold() {
    const open = !this.run.final && !this.run.text;
    if (this.reasoningBox.open !== open) this.reasoningBox.open = open;
  }

  facts() {
    const { facts, final, reasoning } = this.run;
    this.caret.hidden = facts.state !== "running";
    this.element.classList.toggle("bp-waiting", !final && !this.run.text && !reasoning);
    this.outputs.update(facts);
    this.body.hidden = this.outputs.replacesText && !this.showRaw;
    const title = reasoningTitle(facts, final);
    if (this.reasoningTitle.textContent !== title) this.reasoningTitle.textContent = title;
    if (final && !this.folded) this.fold();
    if (final && !this.showRaw && this.run.blocksEnd >= this.run.text.length) this.tailElement.replaceChildren();
  }
}
