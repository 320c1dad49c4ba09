"use strict";
// Zooms into the figure of a run: all panels together. Without it the figure shows the whole run.
(() => {
  const svg = document.getElementById("figure");
  const data = JSON.parse(document.getElementById("figure-data").textContent);
  const bar = document.getElementById("figure-bar");
  const view = document.getElementById("figure-view");
  const readout = document.getElementById("figure-readout");
  const chosen = document.getElementById("figure-chosen");
  // Closer there is nothing more to see.
  const shortest = data.end / 2000;
  let from = 0;
  let to = data.end;
  let begun = null;

  for (const panel of data.panels) {
    for (const line of panel.lines) {
      line.low = [];
      line.high = [];
      for (let n = 0; n < line.cells.length; n++) {
        const low = line.cells[n];
        line.low.push(low === data.empty ? Infinity : low);
        line.high.push(low === data.empty ? -Infinity : low + line.cells[++n]);
      }
    }
  }

  const xOf = (at) => ((at - from) / (to - from)) * data.plot;
  const short = (number) => String(Number(number.toPrecision(4)));

  function duration(seconds) {
    if (seconds === 0) return "0 s";
    const rounded = Math.round(seconds * 100) / 100;
    if (rounded >= 60) {
      const rest = short(rounded % 60);
      return `${Math.floor(rounded / 60)} m${rest === "0" ? "" : ` ${rest} s`}`;
    }
    for (const [unit, size] of [["s", 1], ["ms", 1e-3], ["us", 1e-6]]) {
      if (seconds >= size) return `${short(seconds / size)} ${unit}`;
    }
    return `${short(seconds / 1e-9)} ns`;
  }

  function quantity(panel, steps) {
    const share = steps / data.steps;
    const value = panel.log
      ? panel.bottom * (panel.top / panel.bottom) ** share
      : panel.bottom + (panel.top - panel.bottom) * share;
    if (panel.unit === "duration") return duration(value);
    if (panel.unit === "share") return `${Math.round(value * 100)} %`;
    if (panel.unit !== "bytes") return String(Number(value.toPrecision(3)));
    const power = Math.min(3, Math.max(0, Math.floor(Math.log2(Math.max(value, 1)) / 10)));
    return `${Number((value / 1024 ** power).toPrecision(3))} ${["B", "KiB", "MiB", "GiB"][power]}`;
  }

  // The lowest and the highest value of what lies between two cells.
  function ends(line, first, end) {
    let low = Infinity;
    let high = -Infinity;
    for (let n = Math.max(first, 0); n < Math.min(end, line.low.length); n++) {
      if (line.low[n] < low) low = line.low[n];
      if (line.high[n] > high) high = line.high[n];
    }
    return [low, high];
  }

  function path(panel, line) {
    const isEmpty = (n) => line.low[n] === Infinity;
    let first = Math.max(Math.floor(from / line.width) - 1, 0);
    let last = Math.min(Math.ceil(to / line.width) + 1, line.low.length);
    if (!line.dots) {
      // What lies just outside is what a line comes from, and goes to.
      while (first > 0 && isEmpty(first)) first--;
      while (last < line.low.length && isEmpty(last - 1)) last++;
    }
    const factor = Math.max(1, Math.ceil((last - first) / data.most));
    const yOf = (steps) => ((1 - steps / data.steps) * panel.height).toFixed(1);
    let drawn = "";
    for (let n = first - (first % factor); n < last; n += factor) {
      const [low, high] = ends(line, n, n + factor);
      if (low > high) continue;
      const x = xOf(Math.min((n + factor / 2) * line.width, data.end)).toFixed(1);
      const [top, bottom] = [yOf(high), yOf(low)];
      drawn += `${line.dots || !drawn ? "M" : "L"}${x} ${top}`;
      if (line.dots || top !== bottom) drawn += `V${bottom}`;
    }
    return drawn;
  }

  function element(name, attributes, text) {
    const made = document.createElementNS(svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function rects() {
    const drawn = [];
    for (const [y, start, length, whole, below, text] of data.spans) {
      const begin = (start / data.parts) * data.end;
      const end = begin + (length / data.parts) * data.end;
      if (end < from || begin > to) continue;
      const x = Math.max(xOf(begin), -2);
      const width = Math.max(Math.min(xOf(end), data.plot + 2) - x, 1);
      const rect = element("rect", { class: whole, x, y, width, height: data.row - 1 });
      rect.append(element("title", {}, text));
      drawn.push(rect);
      if (!below) continue;
      const foot = y + data.row - 1 - data.below;
      drawn.push(element("rect", { class: below, x, y: foot, width, height: data.below }));
    }
    return drawn;
  }

  function stepOf(seconds) {
    for (const round of [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400]) {
      if (seconds > 270 && seconds / round <= 9) return round;
    }
    const power = 10 ** Math.floor(Math.log10(seconds / 9));
    return [1, 2, 5, 10].find((step) => seconds / (step * power) <= 9) * power;
  }

  function times() {
    const step = stepOf(to - from);
    const drawn = [];
    for (let n = Math.ceil(from / step); n * step <= to; n++) {
      const x = data.left + xOf(n * step);
      drawn.push(element("line", { class: "grid", x1: x, x2: x, y1: 18, y2: data.height - 20 }));
      for (const y of [12, data.height - 6]) {
        drawn.push(element("text", { class: "middle", x, y }, duration(n * step)));
      }
    }
    return drawn;
  }

  function draw() {
    for (const panel of data.panels) {
      for (const line of panel.lines) {
        document.getElementById(line.id).setAttribute("d", path(panel, line));
      }
    }
    document.getElementById("figure-spans").replaceChildren(...rects());
    document.getElementById("figure-times").replaceChildren(...times());
    const isWhole = to - from >= data.end;
    view.textContent = isWhole
      ? `the whole run, ${duration(data.end)}`
      : `${duration(from)} to ${duration(to)} of ${duration(data.end)}`;
  }

  function show(start, end) {
    const wide = Math.min(Math.max(end - start, shortest), data.end);
    from = Math.min(Math.max((start + end - wide) / 2, 0), data.end - wide);
    to = from + wide;
    draw();
  }

  const shown = () => to - from;
  const doings = {
    in: () => show(from + shown() / 4, to - shown() / 4),
    out: () => show(from - shown() / 2, to + shown() / 2),
    left: () => show(from - shown() / 4, to - shown() / 4),
    right: () => show(from + shown() / 4, to + shown() / 4),
    whole: () => show(0, data.end),
  };
  const keys = {
    "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right",
    Home: "whole", 0: "whole", Escape: "whole",
  };

  // The moment under the pointer.
  function at(event) {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * data.total - data.left;
    return from + (Math.min(Math.max(x, 0), data.plot) / data.plot) * shown();
  }

  function read(moment) {
    const told = data.panels.map((panel) => {
      const values = panel.lines.map((line) => {
        const near = Math.max(1, Math.ceil(shown() / data.most / line.width));
        const n = Math.floor(moment / line.width);
        const [low, high] = ends(line, n - near, n + near + 1);
        if (low > high) return "";
        const top = quantity(panel, high);
        const bottom = quantity(panel, low);
        return `${line.name} ${top === bottom ? top : `${bottom} to ${top}`}`;
      });
      const known = values.filter((text) => text);
      return known.length ? `${panel.title}: ${known.join(", ")}` : "";
    });
    readout.textContent = [`at ${duration(moment)}`, ...told.filter((text) => text)].join("; ");
  }

  function mark(one, other) {
    const [start, end] = [Math.min(one, other), Math.max(one, other)];
    chosen.setAttribute("x", data.left + xOf(start));
    chosen.setAttribute("width", xOf(end) - xOf(start));
  }

  svg.addEventListener("pointerdown", (event) => {
    if (event.button === 0) begun = { at: at(event), x: event.clientX };
  });
  svg.addEventListener("pointermove", (event) => {
    if (begun === null) {
      read(at(event));
      return;
    }
    svg.setPointerCapture(event.pointerId);
    mark(begun.at, at(event));
  });
  svg.addEventListener("pointerup", (event) => {
    const start = begun;
    begun = null;
    mark(from, from);
    // A click is no choice of a range.
    if (start === null || Math.abs(event.clientX - start.x) < 5) return;
    const end = at(event);
    show(Math.min(start.at, end), Math.max(start.at, end));
  });
  svg.addEventListener("pointercancel", () => {
    begun = null;
    mark(from, from);
  });
  svg.addEventListener("dblclick", () => doings.whole());
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    doings[keys[event.key]]();
  });
  for (const button of bar.querySelectorAll("button")) {
    button.addEventListener("click", () => doings[button.dataset.do]());
  }
  svg.setAttribute("tabindex", "0");
  svg.classList.add("zooms");
  bar.hidden = false;
  readout.hidden = false;
})();
