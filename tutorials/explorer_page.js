// The explorer's page: which elements there are, and how large. Nothing here knows about GLOM.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const slider = (name, attributes) =>
  make("input", { type: "range", class: `glom-${name}`, ...attributes });

const tickBox = (name, label) => {
  const box = make("input", { type: "checkbox", class: `glom-${name}` });
  box.checked = true;
  return [box, make("label", {}, box, ` ${label}`)];
};

const levelName = (l, levels) => {
  if (l === 0) return "nearest the picture";
  return l === levels - 1 ? "top" : "";
};

export function buildControls() {
  const parts = {
    play: make("button", { type: "button", class: "glom-play" }, "▶ play"),
    t: slider("t", { min: 0, step: 1, "aria-label": "step" }),
    step: make("output", { class: "glom-step" }),
    tau: slider("tau", { min: 0, max: 1, step: 0.01, "aria-label": "tau, where islands join" }),
    tauText: make("output"),
    mode: make("select", { class: "glom-mode", "aria-label": "what the cells show" },
      make("option", { value: "three" }, "three main directions, as red green blue"),
      make("option", { value: "one" }, "the main direction, dark to light"),
      make("option", { value: "islands" }, "islands, numbered")),
  };
  let bordersLabel, numbersLabel, centeredLabel;
  [parts.borders, bordersLabel] = tickBox("borders", "borders");
  [parts.numbers, numbersLabel] = tickBox("numbers", "numbers");
  [parts.centered, centeredLabel] = tickBox("centered", "mean subtracted");
  parts.centeredLabel = centeredLabel;
  parts.element = make("div", { class: "glom-bar" },
    make("span", { class: "glom-group glom-time" }, parts.play, parts.t, parts.step),
    make("label", { class: "glom-group" }, "islands join at cosine ≥ τ = ", parts.tauText, parts.tau),
    make("label", { class: "glom-group" }, "cells show ", parts.mode),
    make("span", { class: "glom-group" }, bordersLabel, numbersLabel, centeredLabel));
  return parts;
}

// Two canvases above each other: the state of a level, and cosines to the selected patch.
function buildColumn(kind, heading, note, middle) {
  const tile = (row) => make("canvas", { class: `glom-tile glom-${row}`, "data-kind": kind });
  const column = { state: tile("state"), cosine: tile("cosine"), heading: make("b", {}, heading) };
  column.caption = make("div", { class: "glom-caption" });
  column.element = make("div", { class: "glom-column" },
    make("div", { class: "glom-heading" }, column.heading, make("small", {}, note)),
    column.state, column.caption,
    make("div", { class: "glom-between" }, middle), column.cosine);
  return column;
}

export function buildPanels({ models, levels }) {
  const pixels = buildColumn("pixels", "the picture", "raw pixels", "cosine");
  const panels = [make("section", { class: "glom-panel glom-control" },
    make("div", { class: "glom-title" }, "no model"),
    make("div", { class: "glom-columns" }, pixels.element))];
  const runs = models.map((name) => {
    const columns = Array.from({ length: levels }, (_, l) =>
      buildColumn(name, `level ${l}`, levelName(l, levels), l ? "" : "cosine to the marked patch"));
    panels.push(make("section", { class: "glom-panel" },
      make("div", { class: "glom-title" }, name),
      make("div", { class: "glom-columns" }, ...columns.map((column) => column.element))));
    return columns;
  });
  return { pixels, runs, element: make("div", { class: "glom-panels" }, ...panels) };
}

export function buildCharts(models) {
  const charts = {};
  const chart = (name, title, note) => {
    charts[name] = make("canvas", { class: `glom-chart glom-${name}` });
    const figure = make("div", { class: "glom-figure" }, make("b", {}, title), charts[name],
      make("small", {}, note));
    charts[`${name}Figure`] = figure;
    return figure;
  };
  charts.element = make("div", { class: "glom-charts" },
    chart("agreement", "agreement of neighbors", "inside islands minus across borders; no point where there is only one island"),
    chart("update", "size of the update", "|change| / |state| of each step"),
    chart("voices", "who made the marked patch", ""));
  if (models.length > 1) {
    const [first, second] = models;
    charts.element.append(make("small", { class: "glom-wide" },
      `Lines: ${first} solid, ${second} dashed. Bars: ${first} above, ${second} below it, paler.`));
  }
  charts.voicesNote = charts.voicesFigure.querySelector("small");
  return charts;
}

export function buildPage(frame) {
  const page = {
    controls: buildControls(),
    panels: buildPanels(frame),
    legend: make("canvas", { class: "glom-scale" }),
    under: make("span", { class: "glom-under" }),
    charts: buildCharts(frame.models),
    status: make("div", { class: "glom-status", "aria-live": "polite" }),
  };
  page.stage = make("div", { class: "glom-stage", role: "img", tabindex: 0 },
    page.panels.element,
    make("div", { class: "glom-legend" }, "cosine", page.legend, page.under),
    page.charts.element);
  page.element = make("div", { class: "glom-explorer" },
    make("style", {}, STYLE), page.controls.element, page.stage, page.status,
    make("div", { class: "glom-keys" },
      "Click a patch, or focus the pictures and press: ← → step, Home End first and last, ↑ ↓ level, " +
      "Space play, Enter then arrows: move the marked patch, Enter again when done."));
  // Without this mark on the very element that has the focus, b would insert a notebook cell.
  for (const element of page.element.querySelectorAll("[tabindex], button, input, select")) {
    element.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  return page;
}

// All panels in one row if the tiles stay readable; otherwise below each other.
export function fitTiles(page, { models, levels, h, w }) {
  const width = page.element.clientWidth;
  const columns = 1 + models.length * levels;
  const inARow = (width - 6 * columns - 14 * models.length) / columns;
  const stacked = inARow < 72;
  const tile = Math.floor(Math.min(150, stacked ? width / levels - 6 : inARow));
  page.element.classList.toggle("glom-stacked", stacked);
  page.element.style.setProperty("--glom-tile", `${tile}px`);
  page.element.style.setProperty("--glom-tall", `${Math.round((tile * h) / w)}px`);
}
