// A series that zooms and moves, with finer values where one looks closer. Without dygraphs the server's drawing stays.
const figure = document.getElementById("chart");
const MOST_POINTS = 1500;
const number = (value) => String(Math.round(value * 100) / 100);

class Chart {
  constructor(figure) {
    this.figure = figure;
    const data = figure.dataset;
    this.url = data.url;
    this.unit = data.unit;
    this.bounds = [Number(data.from), Number(data.until)];
    this.window = this.bounds;
    this.resolutions = data.resolutions.split(" ").map((text) => {
      const [name, seconds] = text.split("=");
      return { name, seconds: Number(seconds) };
    });
    this.points = figure.querySelector(".points");
    this.requests = 0;
  }

  resolution([from, until]) {
    return this.resolutions.find((one) => (until - from) / one.seconds <= MOST_POINTS) || this.resolutions[this.resolutions.length - 1];
  }

  async rows(range, { name, seconds } = this.resolution(range)) {
    const query = new URLSearchParams({ metric: this.figure.dataset.metric, resolution: name });
    query.set("from", new Date(range[0] * 1000).toISOString());
    query.set("until", new Date(range[1] * 1000).toISOString());
    const answer = await fetch(`${this.url}${this.url.includes("?") ? "&" : "?"}${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error((await answer.json()).detail || answer.statusText);
    const rows = [];
    let before = null;
    for (const point of await answer.json()) {
      const time = Date.parse(point.time);
      // A gap in the data is a gap in the line.
      if (before !== null && time - before > 1.5 * seconds * 1000) rows.push([new Date(before + seconds * 1000), [null, null, null]]);
      rows.push([new Date(time), [point.min, point.mean, point.max]]);
      before = time;
    }
    return { rows, name, seconds };
  }

  colors() {
    const style = getComputedStyle(document.documentElement);
    return { line: style.getPropertyValue("--accent").trim(), grid: style.getPropertyValue("--line").trim() };
  }

  async start() {
    const { rows, name } = await this.rows(this.bounds);
    if (rows.length === 0) return;
    const frame = this.figure.querySelector(".drawing"), place = document.createElement("div"), colors = this.colors();
    place.className = "dygraph";
    frame.replaceChildren(place);
    // The legend would write styles into its markup, which the page's policy forbids; values are said beside the buttons.
    Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);
    this.graph = new Dygraph(place, rows, {
      labels: ["time", this.figure.dataset.metric], customBars: true, labelsUTC: true, ylabel: "", colors: [colors.line], gridLineColor: colors.grid,
      axisLineColor: colors.grid, strokeWidth: 1.4, fillAlpha: 0.18, connectSeparatedPoints: false, axisLabelFontSize: 12,
      dateWindow: this.bounds.map((second) => second * 1000), animatedZooms: false,
      zoomCallback: (from, until) => this.look([from / 1000, until / 1000]),
      highlightCallback: (event, x, points, row) => this.point(row), unhighlightCallback: () => { this.points.textContent = this.words; },
      drawCallback: (graph, isFirst) => { if (!isFirst) this.moved(graph.xAxisRange()); },
    });
    this.say(rows, name);
    this.figure.querySelector(".tools").hidden = false;
    this.figure.querySelector(".hint").hidden = false;
    this.figure.querySelector(".still").hidden = true;
    this.figure.querySelector(".tools").addEventListener("click", (event) => this.tool(event.target.dataset.tool));
  }

  say(rows, name) {
    const count = rows.filter(([, values]) => values[1] !== null).length;
    this.rowsShown = rows;
    this.words = `${count} points of ${name}`;
    this.points.textContent = this.words;
    this.figure.dataset.shown = String(count);
    this.figure.dataset.resolution = name;
  }

  // The value below the pointer.
  point(row) {
    const [time, [low, mean, high]] = this.rowsShown[row] || [null, []];
    if (mean === null || mean === undefined) return;
    const range = low === high ? "" : ` (${number(low)} to ${number(high)})`;
    this.points.textContent = `${time.toISOString().slice(0, 16).replace("T", " ")}: ${number(mean)}${range}`;
  }

  // Panning does not zoom: it is over when the window has rested.
  moved([from, until]) {
    const window = [from / 1000, until / 1000];
    if (Math.abs(window[0] - this.window[0]) < 1 && Math.abs(window[1] - this.window[1]) < 1) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(window), 300);
  }

  async look(range) {
    const length = Math.max(range[1] - range[0], this.resolutions[0].seconds);
    const window = [Math.max(range[0], this.bounds[0]), Math.min(range[1], this.bounds[1])];
    if (window[1] - window[0] < this.resolutions[0].seconds) window[1] = window[0] + this.resolutions[0].seconds;
    this.window = window;
    clearTimeout(this.timer);
    const request = ++this.requests;
    // A margin on both sides, to move into.
    const wanted = [Math.floor(Math.max(window[0] - length / 2, this.bounds[0])), Math.ceil(Math.min(window[1] + length / 2, this.bounds[1]))];
    try {
      const { rows, name } = await this.rows(wanted, this.resolution(window));
      if (request !== this.requests || rows.length === 0) return;
      this.graph.updateOptions({ file: rows, dateWindow: window.map((second) => second * 1000) });
      this.say(rows, name);
    } catch (error) {
      this.points.textContent = `The values could not be read: ${error.message}`;
    }
  }

  tool(name) {
    const [from, until] = this.window, length = until - from;
    const target = {
      back: [from - length / 2, until - length / 2], forward: [from + length / 2, until + length / 2], in: [from + length / 4, until - length / 4],
      out: [from - length / 2, until + length / 2],
    }[name];
    if (!target) return;
    let [start, end] = target;
    const width = Math.min(end - start, this.bounds[1] - this.bounds[0]);
    start = Math.min(Math.max(start, this.bounds[0]), this.bounds[1] - width);
    end = start + width;
    this.graph.updateOptions({ dateWindow: [start * 1000, end * 1000] });
    this.look([start, end]);
  }
}

if (figure && typeof Dygraph !== "undefined") {
  const chart = new Chart(figure);
  chart.start().catch((error) => { chart.points.textContent = `The values could not be read: ${error.message}`; figure.querySelector(".tools").hidden = false; });
}
