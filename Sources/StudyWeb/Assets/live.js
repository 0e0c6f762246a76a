// A run under way: counters, queues and back pressure from the server's events, drawn into the page that the server has made.
const root = document.getElementById("live");
const place = (name) => root.querySelector(`[data-live="${name}"]`);
const say = (name, text) => {
  const element = place(name);
  if (element && element.textContent !== String(text)) element.textContent = text;
};
const number = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, " ");

const boxes = new Map();
for (const box of document.querySelectorAll("svg.graph .box")) boxes.set(box.dataset.processor, box);
const pair = (from, to) => `${from}\u001f${to}`;
const edges = new Map();
for (const edge of document.querySelectorAll("svg.graph .edge")) edges.set(pair(edge.dataset.from, edge.dataset.to), { label: edge });
for (const line of document.querySelectorAll("svg.graph .line")) {
  const edge = edges.get(pair(line.dataset.from, line.dataset.to));
  if (edge) edge.line = line;
}
const rows = new Map();
for (const row of document.querySelectorAll("#counters tr[data-processor]")) rows.set(row.dataset.processor, row);

function cell(row, name, text) {
  const element = row.querySelector(`[data-cell="${name}"]`);
  if (element && element.textContent !== String(text)) element.textContent = text;
}

function duration(seconds) {
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

function state(processor) {
  const words = [];
  if (processor.active) words.push(`${processor.active} at work`);
  if (processor.penalised) words.push(`${processor.penalised} penalised`);
  if (processor.held) words.push(`${processor.held} held`);
  if (processor.waits_for) words.push(`waits for ${processor.waits_for}`);
  return words.join(", ");
}

function sent(processor) {
  return Object.entries(processor.sent || {}).filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${number(count)}`).join(", ");
}

let last = null;
let waits = new Map();

function showProcessors(update) {
  waits = new Map();
  for (const queue of update.queues) waits.set(queue.to, (waits.get(queue.to) || 0) + queue.count);
  for (const processor of update.processors) {
    const row = rows.get(processor.name), box = boxes.get(processor.name);
    if (row) {
      cell(row, "received", number(processor.received));
      cell(row, "sent", sent(processor));
      cell(row, "failed", number(processor.failed));
      cell(row, "retried", number(processor.retried));
      cell(row, "state", state(processor));
    }
    if (!box) continue;
    box.classList.toggle("busy", processor.active > 0);
    box.classList.toggle("waits", Boolean(processor.waits_for) || processor.penalised > 0);
    box.classList.toggle("trouble", processor.failed > 0);
    const words = [`${number(processor.received)} in`];
    if (processor.active) words.push(`${processor.active} at work`);
    if (processor.penalised) words.push(`${processor.penalised} penalised`);
    if (processor.held) words.push(`${processor.held} held`);
    if (processor.failed) words.push(`${number(processor.failed)} failed`);
    box.querySelector(".state").textContent = words.slice(0, 3).join(" · ");
  }
}

function showQueues(update) {
  const counts = new Map();
  for (const queue of update.queues) {
    const key = pair(queue.from, queue.to), known = counts.get(key) || { count: 0, full: false };
    counts.set(key, { count: known.count + queue.count, full: known.full || queue.full });
  }
  for (const [key, edge] of edges) {
    const queue = counts.get(key) || { count: 0, full: false };
    const text = queue.count ? `${number(queue.count)} queued${queue.full ? ", full" : ""}` : "";
    const place = edge.label.querySelector(".count");
    if (place.textContent !== text) place.textContent = text;
    edge.label.classList.toggle("full", queue.full);
    if (edge.line) {
      edge.line.classList.toggle("moving", queue.count > 0);
      edge.line.classList.toggle("full", queue.full);
    }
  }
}

function show(update) {
  const files = update.flowfiles;
  say("done", number(update.participants.done));
  say("total", number(update.participants.total));
  say("created", number(files.created));
  say("finished", number(files.finished));
  say("errors", number(files.in_errors));
  say("waiting", number(update.queues.reduce((sum, queue) => sum + queue.count, 0)));
  say("elapsed", duration(update.elapsed));
  const received = update.processors.reduce((sum, processor) => sum + processor.received, 0);
  if (last && update.elapsed > last.elapsed) say("rate", Math.round((received - last.received) / (update.elapsed - last.elapsed)));
  if (!last || update.elapsed > last.elapsed) last = { elapsed: update.elapsed, received };
  const progress = root.querySelector("progress");
  progress.max = Math.max(update.participants.total, 1);
  progress.value = update.participants.done;
  const full = update.queues.filter((queue) => queue.full).length;
  say("words", update.ended ? `The run has ended: ${update.ended}.` : update.stopping ? `Stopping: ${update.stopping}` : full ? `Under way; ${full} ${full === 1 ? "queue is" : "queues are"} full, and what fills ${full === 1 ? "it" : "them"} waits.` : "Under way.");
  const stop = root.querySelector("[data-stop]");
  if (stop) stop.hidden = Boolean(update.stopping || update.ended);
  showProcessors(update);
  showQueues(update);
}

function listen() {
  const source = new EventSource(root.dataset.events);
  source.onmessage = (event) => {
    const update = JSON.parse(event.data);
    show(update);
    if (!update.ended) return;
    source.close();
    // The page of the run's report has the rest.
    setTimeout(() => location.reload(), 800);
  };
  source.onerror = () => {
    // The browser connects again by itself, unless the server says that there is no such run any more.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => location.reload(), 2000);
    } else {
      say("words", "The connection is lost; connecting again …");
    }
  };
}

listen();
