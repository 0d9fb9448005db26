// One WebSocket per watched comparison, shared by every lane and chart on the page.
// It keeps what arrived (so that a remounted lane loses nothing) and asks only for the rest after a break.

import { complete, expand } from "./template.js";

const connections = new Map();
const GRACE = 1500; // ms a connection outlives its last view: a rerun may unmount and mount again
const FIRST_RETRY = 250;
const LAST_RETRY = 5000;
// Control characters that stand before a piece of text and say whose it is; see viewer.py.
const MARKS = Array.from({ length: 29 }, (_, index) => String.fromCharCode(index + 1)).filter((mark) => !"\t\n\r".includes(mark));
const PIECE = /(\x1f.|[\x01-\x08\x0b\x0c\x0e-\x1d])([^\x01-\x08\x0b\x0c\x0e-\x1f]*)/gs;
const MOST_POINTS = 400; // of one run's line; a longer answer has them further apart
const NEW_TICKET = 4401;
const SESSION_AWAY = 4409; // Streamlit's own connection comes back a moment later, perhaps as a new session
const FATAL = {
  4400: "The server did not understand this page. Reload it.",
  4401: "The app has restarted, or the permission to watch has ended. What has arrived stays here; if it does not go on by itself, reload the page.",
  4403: "This address may not watch. Add it to BEDROCK_PLAYGROUND_ALLOWED_ORIGINS.",
  4404: "This comparison is no longer live. Its runs are in the history.",
};

export function watch(data, view) {
  let connection = connections.get(data.comparison);
  if (!connection) {
    connection = new Connection(data.comparison);
    connections.set(data.comparison, connection);
  }
  connection.add(data, view);
  return connection;
}

class Run {
  constructor(head) {
    Object.assign(this, head);
    this.text = "";
    this.chars = 0; // in code points, which is what the server counts
    this.reasoning = "";
    this.reasoningChars = 0;
    this.blocks = []; // finished: {start, units, template}
    this.blocksEnd = 0;
    this.tail = null; // how the unfinished rest looks: {units, template}
    this.facts = { state: "pending", attempts: [] };
    this.points = []; // [seconds, characters], for the chart
    this.since = null; // performance.now() at second 0
    this.firstText = null;
    this.stoppedAt = null; // seconds; while nobody can say how it goes on
  }

  get final() {
    return !["pending", "running"].includes(this.facts.state);
  }

  get elapsed() {
    if (this.facts.total != null) return this.facts.total;
    if (this.stoppedAt !== null) return this.stoppedAt;
    if (this.since === null || this.facts.elapsed == null) return null;
    return this.final ? this.facts.elapsed : (performance.now() - this.since) / 1000;
  }

  // Tokens per second while it streams: characters / 4, until the service tells.
  get liveSpeed() {
    const elapsed = this.elapsed;
    const ttft = this.facts.ttft;
    if (elapsed == null || ttft == null || elapsed - ttft < 0.3) return null;
    return this.chars / 4 / (elapsed - ttft);
  }

  html(block) {
    return expand(block.template, this.text.slice(block.start, block.start + block.units));
  }

  tailHtml() {
    return this.tail ? expand(this.tail.template, this.text.slice(this.blocksEnd)) : null;
  }

  addPoint() {
    const seconds = this.elapsed;
    const last = this.points.at(-1);
    if (seconds === null || (last && seconds - last[0] < Math.max(0.15, seconds / MOST_POINTS))) return;
    this.points.push([seconds, this.chars]);
    if (this.points.length > MOST_POINTS) this.points = this.points.filter((_, index) => index % 2 === 0);
  }
}

class Connection {
  constructor(id) {
    this.id = id;
    this.views = new Set();
    this.runs = new Map();
    this.numbers = [];
    this.labels = [];
    this.status = "connecting";
    this.problem = null;
    this.end = null;
    this.sawRunning = false;
    this.shared = { turn: 0, zoom: null }; // what the reader chose in a chart; outlives a remount
    this.delay = FIRST_RETRY;
    this.asked = new Set(); // the refused tickets that a new one was asked for
    this.ticking = setInterval(() => this.tick(), 250);
    this.online = () => this.retryNow();
    addEventListener("online", this.online);
  }

  add(data, view) {
    clearTimeout(this.closing);
    const renewed = this.ticket !== data.ticket;
    this.ticket = data.ticket;
    this.address = new URL("bp/live", document.baseURI);
    this.address.protocol = this.address.protocol.replace("http", "ws");
    this.address.search = this.address.hash = "";
    const joins = !this.views.has(view);
    this.views.add(view);
    // Lanes open the connection: by the time the charts join, all may be over, and nobody else tells the page.
    if (joins && this.end !== null) queueMicrotask(() => this.tellEnd(view));
    if (!this.socket && !this.retry && (renewed || !this.problem)) this.open();
  }

  tellEnd(view) {
    if (this.end !== null && this.views.has(view)) view.ended?.(this.end, false);
  }

  tick() {
    if (this.wanting) this.askForTicket();
    this.notify("tick");
  }

  // A refused ticket is replaced by a rerun of the page's script: at most one per ticket, and not before
  // Streamlit's own connection is back, because until then it drops what it is asked.
  askForTicket() {
    const state = document.querySelector("[data-test-connection-state]")?.dataset.testConnectionState;
    const view = [...this.views].find((candidate) => candidate.trigger);
    if (!view || (state && state !== "CONNECTED")) return;
    this.wanting = false;
    if (this.asked.has(this.ticket)) return;
    this.asked.add(this.ticket);
    view.trigger("ticket", `${this.asked.size}`);
  }

  remove(view) {
    this.views.delete(view);
    if (this.views.size) return;
    clearTimeout(this.closing);
    this.closing = setTimeout(() => this.dispose(), GRACE);
  }

  dispose() {
    clearInterval(this.ticking);
    clearTimeout(this.retry);
    removeEventListener("online", this.online);
    this.drop();
    if (connections.get(this.id) === this) connections.delete(this.id);
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  open() {
    this.retry = null;
    this.problem = null;
    this.wanting = false;
    if (this.status === "refused") this.setStatus("reconnecting");
    const socket = new WebSocket(this.address.href);
    this.socket = socket;
    this.numbers = [];
    socket.onopen = () => {
      const known = {};
      for (const run of this.runs.values()) {
        known[run.id] = [run.chars, run.blocks.length, run.reasoningChars];
      }
      socket.send(JSON.stringify({ op: "hello", ticket: this.ticket, known }));
    };
    socket.onmessage = (event) => {
      this.delay = FIRST_RETRY;
      if (this.status !== "open") this.setStatus("open");
      this.receive(event.data);
    };
    socket.onclose = (event) => {
      this.socket = null;
      if (FATAL[event.code]) {
        this.problem = FATAL[event.code];
        this.wanting = event.code === NEW_TICKET;
        for (const run of this.runs.values()) run.stoppedAt = run.final ? null : run.elapsed;
        this.setStatus("refused");
        return;
      }
      this.wanting = event.code === SESSION_AWAY && this.delay > 1000;
      this.setStatus("reconnecting");
      this.retry = setTimeout(() => this.open(), this.delay * (0.7 + 0.6 * Math.random()));
      this.delay = Math.min(this.delay * 2, LAST_RETRY);
    };
  }

  retryNow() {
    if (!this.retry) return;
    clearTimeout(this.retry);
    this.delay = FIRST_RETRY;
    this.open();
  }

  setStatus(status) {
    this.status = status;
    this.notify("status");
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  notify(what, ...rest) {
    for (const view of this.views) view[what]?.(...rest);
  }

  receive(frame) {
    const end = frame.indexOf("\x1e");
    const operations = end < 0 ? [] : JSON.parse(frame.slice(end + 1));
    for (const [kind, ...rest] of operations) {
      if (kind === "l") this.labels = rest[0];
      else if (kind === "r") this.announce(...rest);
    }
    const texts = end < 0 ? frame : frame.slice(0, end);
    for (const [, mark, text] of texts.matchAll(PIECE)) {
      const number = mark.length > 1 ? mark.charCodeAt(1) - 33 : MARKS.indexOf(mark);
      this.addText(this.numbers[number], text);
    }
    for (const operation of operations) this.apply(...operation);
    this.notify("painted");
  }

  announce(number, head, chars, anew) {
    let run = this.runs.get(head.id);
    if (run && (anew || run.chars !== chars)) {
      // The server knows less than we do (after a restart): take its word from the start.
      this.runs.delete(head.id);
      run = null;
    }
    if (!run) {
      for (const other of this.runs.values()) {
        const same = other.label === head.label && other.turn === head.turn && other.repeat === head.repeat;
        if (same) this.runs.delete(other.id); // a re-run took its place
      }
      run = new Run(head);
      this.runs.set(head.id, run);
      this.notify("layout");
    }
    run.stoppedAt = null;
    run.tail = null; // the server counts from here on what it sent
    this.numbers[number] = run;
  }

  addText(run, text) {
    run.text += text;
    for (const sign of text) run.chars += sign.length > 0 ? 1 : 0;
    if (run.facts.state === "running") run.addPoint();
    this.notify("text", run, text);
  }

  apply(kind, number, first, ...template) {
    const run = this.numbers[number];
    if (kind === "t") {
      this.addText(run, first);
    } else if (kind === "b" || kind === "c") {
      const commit = kind === "c";
      const block = commit
        ? { start: run.blocksEnd, ...run.tail }
        : { start: run.blocksEnd, units: first, template: complete(template, run.tail?.template) };
      run.blocks.push(block);
      run.blocksEnd += block.units;
      run.tail = null;
      this.notify("block", run, block, commit);
    } else if (kind === "h") {
      run.tail = { units: first, template: complete(template, run.tail?.template) };
      this.notify("tail", run);
    } else if (kind === "g") {
      run.reasoning += first;
      run.reasoningChars += [...first].length;
      this.notify("reasoning", run, first);
    } else if (kind === "m") {
      this.facts(run, first);
    } else if (kind === "w") {
      const ended = this.end;
      this.sawRunning = true;
      this.end = null;
      if (ended !== null) this.notify("again", ended);
    } else if (kind === "e") {
      this.end = number;
      this.notify("ended", number, this.sawRunning);
      this.sawRunning = false;
    }
  }

  facts(run, { arrivals, ...facts }) {
    if (facts.elapsed != null) run.since = performance.now() - facts.elapsed * 1000;
    if (arrivals && (run.points.length === 0 || !["pending", "running"].includes(facts.state))) {
      run.points = arrivals;
    }
    Object.assign(run.facts, facts);
    this.notify("facts", run);
  }
}
