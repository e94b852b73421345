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

const MODES = [
  ["three", "three main directions, as red green blue"],
  ["one", "the main direction, dark to light"],
  ["islands", "islands, numbered"],
];

// The views that show patches, or depend on the marked one: the picture stands beside them.
const PICTURED = ["levels", "cosine", "islands", "tree", "voices", "break", "controls"];

const levelName = (l, levels) => {
  if (l === 0) return "by the picture";
  return l === levels - 1 ? "top" : "";
};

// `has(name)` says whether a view was asked for; what nobody asked for is not on the page.
export function buildControls(has, { centers }) {
  const parts = {
    play: make("button", { type: "button", class: "glom-play" }, "▶ play"),
    t: slider("t", { min: 0, step: 1, "aria-label": "step" }),
    step: make("output", { class: "glom-step" }),
  };
  const groups = [make("span", { class: "glom-group glom-time" }, parts.play, parts.t, parts.step)];
  const group = (...children) => groups.push(make("label", { class: "glom-group" }, ...children));
  if (has("islands") || has("tree") || has("curves")) {
    parts.tau = slider("tau", { min: 0, max: 1, step: 0.01, "aria-label": "tau, where islands join" });
    parts.tauText = make("output");
    group("islands join at cosine ≥ τ = ", parts.tauText, parts.tau);
  }
  if (has("levels")) {
    const modes = MODES.filter(([value]) => value !== "islands" || has("islands"));
    parts.mode = make("select", { class: "glom-mode", "aria-label": "what the cells show" },
      ...modes.map(([value, text]) => make("option", { value }, text)));
    group("cells show ", parts.mode);
  }
  const boxes = [];
  const box = (name, label) => {
    const [input, element] = tickBox(name, label);
    parts[name] = input;
    boxes.push(element);
  };
  if (has("islands")) {
    box("borders", "borders");
    box("numbers", "numbers");
  }
  if (centers && ["cosine", "islands", "tree", "curves"].some(has)) box("centered", "mean subtracted");
  if (boxes.length) groups.push(make("span", { class: "glom-group" }, ...boxes));
  parts.element = make("div", { class: "glom-bar" }, ...groups);
  return parts;
}

// Two canvases above each other: the state of a level, and cosines to the selected patch.
// `rows` says which of the two, and the caption that counts islands, there are.
function buildColumn(kind, heading, note, middle, rows) {
  const tile = (row) => make("canvas", { class: `glom-tile glom-${row}`, "data-kind": kind });
  const column = {
    state: rows.state && tile("state"),
    caption: rows.caption && make("div", { class: "glom-caption" }),
    cosine: rows.cosine && tile("cosine"),
  };
  const between = rows.cosine && make("div", { class: "glom-between" }, middle);
  const parts = rows.level // the picture alone, beside cosines alone: at their height
    ? [make("div", { class: "glom-between" }), column.state]
    : [column.state, column.caption, between, column.cosine];
  column.element = make("div", { class: "glom-column" },
    make("div", { class: "glom-heading" }, make("b", {}, heading), make("small", {}, note)),
    ...parts.filter(Boolean));
  return column;
}

function buildPanels({ levels }, names, has) {
  if (!PICTURED.some(has)) return { pixels: null, runs: [], element: "" };
  const panel = (kind, title, columns) => make("section", { class: `glom-panel ${kind}` },
    make("div", { class: "glom-title" }, title),
    make("div", { class: "glom-columns" }, ...columns.map(({ element }) => element)));
  const state = has("levels") || has("islands");
  const rows = { state, caption: has("islands"), cosine: has("cosine") };
  const control = { state: true, caption: has("controls") && has("islands"),
    cosine: has("controls") && has("cosine"), level: !has("controls") && !state && rows.cosine };
  const pixels = buildColumn("pixels", "the picture", has("controls") ? "raw pixels" : "", "cosine",
    control);
  const panels = [panel("glom-control", has("controls") ? "no model" : "input", [pixels])];
  const runs = !(rows.state || rows.cosine) ? [] : names.map((name) => {
    const columns = Array.from({ length: levels }, (_, l) => buildColumn(name, `level ${l}`,
      levelName(l, levels), l ? "" : "cosine to the marked patch", rows));
    panels.push(panel("glom-run", name, columns));
    return columns;
  });
  return { pixels, runs, element: make("div", { class: "glom-panels" }, ...panels) };
}

function buildCharts(names, has, { voices }) {
  const charts = { element: make("div", { class: "glom-charts" }) };
  const chart = (name, title, note) => {
    charts[name] = make("canvas", { class: `glom-chart glom-${name}` });
    charts[`${name}Note`] = make("small", {}, note);
    charts.element.append(make("div", { class: `glom-figure glom-of-${name}` },
      make("b", {}, title), charts[name], charts[`${name}Note`]));
  };
  if (has("tree")) chart("tree", `parse tree of ${names[0]}`, "");
  if (has("curves")) {
    chart("agreement", "agreement of neighbors",
      "inside islands minus across borders; no point where there is only one island");
    chart("update", "size of the update", "|change| / |state| of each step");
  }
  if (has("voices") && voices) chart("voices", "who made the marked patch", "");
  const [first, second] = names;
  const told = [
    charts.agreement && `Lines: ${first} solid, ${second} dashed.`,
    charts.voices && `Bars: ${first} above, ${second} below it, paler.`,
  ].filter(Boolean);
  if (second && told.length) {
    charts.element.append(make("small", { class: "glom-wide" }, told.join(" ")));
  }
  return charts;
}

const KEYS = "Click a patch, or focus the pictures and press: ← → step, Home End first and last, " +
  "↑ ↓ level, Space play, n p next and previous island, Enter then arrows: move the marked patch, " +
  "Enter again when done.";
const BREAK_KEYS = " x breaks at the marked patch, m mends.";

// extras: { centers, voices }, whether they were sent. names: of the models that are shown.
export function buildPage(frame, names, has, extras) {
  const page = {
    controls: buildControls(has, extras),
    breaks: has("break") ? buildBreaks(frame) : null,
    panels: buildPanels(frame, names, has),
    legend: has("cosine") ? make("canvas", { class: "glom-scale" }) : null,
    under: make("span", { class: "glom-under" }),
    charts: buildCharts(names, has, extras),
    status: make("div", { class: "glom-status", "aria-live": "polite" }),
  };
  if (page.breaks) page.controls.element.append(page.breaks.element);
  const legend = page.legend ? ["cosine", page.legend] : [];
  page.stage = make("div", { class: "glom-stage", role: "img", tabindex: 0 },
    page.panels.element, make("div", { class: "glom-legend" }, ...legend, page.under),
    page.charts.element);
  page.element = make("div", { class: "glom-explorer" },
    make("style", {}, STYLE), page.controls.element, page.stage, page.status,
    make("div", { class: "glom-keys" }, KEYS + (page.breaks ? BREAK_KEYS : "")));
  // Without this mark on the very element that has the focus, b would insert a notebook cell.
  for (const element of page.element.querySelectorAll("[tabindex], button, input, select")) {
    element.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  return page;
}

// All panels in one row if the tiles stay readable; otherwise below each other.
export function fitTiles(page, { levels, h, w }) {
  const width = page.element.clientWidth;
  const models = page.panels.runs.length;
  const columns = 1 + models * levels;
  const inARow = (width - 6 * columns - 14 * models) / columns;
  const stacked = inARow < 72;
  const tile = Math.floor(Math.min(150, stacked ? width / levels - 6 : inARow));
  page.element.classList.toggle("glom-stacked", stacked);
  page.element.style.setProperty("--glom-tile", `${tile}px`);
  page.element.style.setProperty("--glom-tall", `${Math.round((tile * h) / w)}px`);
  page.element.style.setProperty("--glom-tree", `${treeHeight(levels)}px`);
}
