// The view: what the page shows for one step, one level and one marked patch. It only paints.
// at: { t, level, selected, tau, centered, mode, borders, numbers, playing, moving }

const VOICE_NAMES = ["previous state", "bottom-up", "top-down", "consensus"];
const show = (value) => (Number.isFinite(value) ? hundredths(value) : "none");

function countIslands({ groups, single }) {
  const islands = `${groups} island${groups === 1 ? "" : "s"}`;
  return single ? `${islands} + ${single} single` : islands;
}

export class View {
  // names: of the runs that are shown; the rest of data as readTraits gives it.
  constructor(page, { frame, runs, pictureAt }, names) {
    Object.assign(this, { page, frame, pictureAt, runs: runs.slice(0, names.length) });
    this.last = frame.steps - 1;
    this.breaks = frame.breaks ?? [];
  }

  place(index) {
    return `row ${Math.floor(index / this.frame.w) + 1}, column ${(index % this.frame.w) + 1}`;
  }

  paint(at) {
    const { page } = this;
    if (!page.element.clientWidth) return; // not on the page, or folded away
    this.ink = getComputedStyle(page.element).color;
    this.broken = brokenAt(this.breaks, at.t);
    this.paintControls(at);
    this.paintPicture(at);
    page.panels.runs.forEach((columns, r) =>
      columns.forEach((column, l) => this.paintLevel(this.runs[r], column, l, at)));
    if (page.legend) this.paintLegend();
    if (page.charts.tree) this.paintTree(at);
    if (page.charts.agreement) this.paintCurves(at);
    if (page.charts.voices) this.paintShares(at);
    this.tellState(at);
  }

  paintControls({ t, tau, playing, armed }) {
    const { controls, element } = this.page;
    controls.t.value = t;
    controls.step.textContent = `step ${t} of ${this.last}`;
    controls.play.textContent = playing ? "⏸ pause" : "▶ play";
    element.classList.toggle("glom-armed", armed);
    if (!controls.tau) return;
    controls.tau.value = tau;
    controls.tauText.textContent = show(tau);
  }

  paintLevel(run, column, l, at) {
    const islands = run.islands(at.t, l, at.centered, at.tau);
    column.element.classList.toggle("glom-current", l === at.level);
    if (column.state) this.paintState(column.state, run.colors(at.t, l), islands, at);
    if (column.cosine) {
      this.paintCosines(column, run.cosines(at.t, l, at.centered, at.selected), islands, at);
    }
    if (column.caption) column.caption.textContent = countIslands(islands);
  }

  paintState(canvas, colors, islands, at) {
    const { h, w } = this.frame;
    const number = (i) => islands.list[islands.labels[i] - 1].number;
    const cell = {
      three: (i) => [0, 1, 2].map((c) => 255 * colors[3 * i + c]),
      one: (i) => cividis(colors[3 * i]),
      islands: (i) => (number(i) ? numberColor(number(i)) : GRAY),
    }[at.mode];
    const surface = prepare(canvas);
    paintCells(surface, h, w, cell);
    if (at.borders) paintBorders(surface, h, w, (i, j) => islands.border(i, j));
    if (at.numbers) paintNumbers(surface, h, w, islands, at.selected);
    this.finish(surface, at);
  }

  // Cosine to the marked patch, and the shore of the one island it lies on.
  paintCosines(column, cosines, { labels }, at) {
    const { h, w } = this.frame;
    const mine = labels[at.selected];
    const surface = prepare(column.cosine);
    paintCells(surface, h, w, (i) => signed(cosines[i]));
    if (at.borders) {
      paintBorders(surface, h, w, (i, j) => (labels[i] === mine) !== (labels[j] === mine));
    }
    this.finish(surface, at);
  }

  // Over every tile: what is broken, what the brush has touched, the marked patch.
  finish(surface, { selected, stroke }) {
    const { h, w } = this.frame;
    if (this.broken.size) paintRegion(surface, h, w, this.broken, false);
    if (stroke?.size) paintRegion(surface, h, w, stroke, true);
    paintSelected(surface, h, w, selected);
  }

  paintPicture(at) {
    const { picture: { pixels, height, width, channels }, pixels: control } = this.pictureAt(at.t);
    const column = this.page.panels.pixels;
    if (!column) return;
    const surface = prepare(column.state);
    const rgb = channels >= 3 ? [0, 1, 2] : [0, 0, 0];
    paintCells(surface, height, width, (i) => rgb.map((c) => pixels[i * channels + c]));
    this.finish(surface, at);
    const islands = control.islands(at.tau);
    if (column.cosine) this.paintCosines(column, control.cosines(at.selected), islands, at);
    if (column.caption) column.caption.textContent = countIslands(islands);
  }

  // The tree of the model; how far it is none, in words, for the others too.
  paintTree({ t, level, centered, tau, selected }) {
    const { charts } = this.page;
    const { levels, maps } = this.runs[0].tree(t, centered, tau);
    const surface = prepare(charts.tree);
    const layout = layoutTree(levels, surface.width);
    this.tree = layout;
    paintTree(surface, layout, {
      n: this.frame.n, level, ink: this.ink, path: pathOf(layout, maps, selected),
      colorOf: ({ number }) => numberColor(number),
    });
    const told = this.runs.map((run) => {
      const { violations, below } = run.tree(t, centered, tau);
      return `${run.name}: ${violations} of ${below}`;
    });
    const gray = layout.smallest > 2 ? `islands of fewer than ${layout.smallest} patches` : "single patches";
    charts.treeNote.textContent =
      `islands that reach outside their parent (dashed): ${told.join(", ")}; gray: ${gray}, counted`;
  }

  paintLegend() {
    const { pen, width } = prepare(this.page.legend);
    for (let x = 0; x < width; x++) {
      pen.fillStyle = css(signed((2 * x) / (width - 1) - 1));
      pen.fillRect(x, 0, 1, 10);
    }
    pen.fillStyle = this.ink;
    pen.font = "11px sans-serif";
    for (const [where, align, text] of [
      [0, "left", "−1 opposite"], [0.5, "center", "0"], [1, "right", "1 same"],
    ]) {
      pen.textAlign = align;
      pen.fillText(text, where * width, 22);
    }
  }

  paintCurves({ t, level, tau, centered }) {
    const { charts } = this.page;
    const marks = this.breaks.map((one) => one.t);
    const shared = { last: this.last, cursor: t, ink: this.ink, marks };
    const lines = (curve) => this.runs.flatMap((run, r) =>
      Array.from({ length: this.frame.levels }, (_, l) => ({
        values: curve(run, l), color: css(numberColor(l + 1)), dashed: r > 0, bold: l === level,
        name: r > 0 ? "" : `level ${l}`,
      })));
    const agreements = lines((run, l) => run.agreementCurve(l, centered, tau));
    const largest = Math.max(0.5, ...agreements.flatMap((line) => line.values.filter(Number.isFinite)));
    const top = Math.ceil(2 * largest) / 2;
    paintChart(prepare(charts.agreement), {
      ...shared, lines: agreements,
      ticks: [0, top / 2, top], scale: (v) => Math.max(0, v) / top,
    });
    paintChart(prepare(charts.update), {
      ...shared, lines: lines((run, l) => run.updateCurve(l)),
      ticks: [0.001, 0.01, 0.1, 1], scale: (v) => Math.min(1, Math.max(0, Math.log10(v / 0.001) / 3.3)),
    });
  }

  paintShares({ t, level, selected }) {
    const { charts } = this.page;
    const top = level === this.frame.levels - 1; // nobody is above it: it has no top-down voice
    const shares = this.runs.map((run) =>
      run.voicesAt(t, selected, level).map((share, v) => (t && top && v === 2 ? null : share)));
    paintVoices(prepare(charts.voices), shares, this.ink, VOICE_NAMES);
    charts.voicesNote.textContent = t
      ? `share of each voice in level ${level} at step ${t}`
      : "at step 0 nobody has spoken yet: every column starts the same";
  }

  // The state in words: for the eye below the pictures, for a screen reader on them.
  tellState({ t, level, tau, centered, selected, playing, moving }) {
    const told = this.runs.map((run) => {
      const islands = run.islands(t, level, centered, tau);
      const { violations } = run.tree(t, centered, tau);
      const words = `${countIslands(islands)}, agreement ${show(islands.agreement)}`;
      const broken = this.frame.levels > 1 ? `, ${violations} tree violation${violations === 1 ? "" : "s"}` : "";
      return `${run.name}: ${words}${broken}`;
    });
    const now = `step ${t} of ${this.last}, level ${level}`;
    const patch = `marked patch ${this.place(selected)}`;
    const mode = moving ? ["arrows move the marked patch, Enter when done"] : [];
    const words = [now, ...told, patch, ...this.healing(t, level), ...mode];
    const { status, stage } = this.page;
    status.setAttribute("aria-live", playing ? "off" : "polite"); // no stream of words in play
    status.textContent = words.join(" · ");
    stage.setAttribute("aria-label", `GLOM explorer: ${words.join("; ")}`);
  }

  // What is broken, and how like the run on the whole picture those patches are at this step.
  healing(t, level) {
    if (!this.breaks.length) return [];
    const like = this.runs.map((run, r) => [run.name, this.frame.healing[r][t][level]])
      .filter(([, cosine]) => cosine !== null)
      .map(([name, cosine]) => `${name} ${show(cosine)}`);
    const unbroken = "cosine of these patches to the same run unbroken";
    return [...breakWords(this.breaks), ...(like.length ? [`${unbroken}: ${like.join(", ")}`] : [])];
  }

  // A patch of the next (by = 1) or previous (-1) island of this level that has a number.
  nextIsland({ t, level, centered, tau, selected }, by) {
    const { list, labels } = this.runs[0].islands(t, level, centered, tau);
    const numbered = list.filter(({ number }) => number);
    if (!numbered.length) return selected;
    const here = numbered.findIndex(({ label }) => label === labels[selected]);
    const start = here < 0 && by < 0 ? 0 : here;
    return numbered[(start + by + numbered.length) % numbered.length].at;
  }

  // What lies under the pointer: { index, cosine }, a drawn node of the tree, or nothing.
  tell(at, { index, cosine, node } = {}) {
    const { under } = this.page;
    if (node) under.textContent = nodeWords(node);
    else if (index === undefined) under.textContent = "";
    else {
      const value = cosine === undefined ? "" : `, cosine ${show(cosine)}`;
      under.textContent = `marked: ${this.place(at.selected)} · under the pointer: ${this.place(index)}${value}`;
    }
  }
}
