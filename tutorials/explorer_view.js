// The view: what the page shows for one step, one level and one marked patch. It only paints.
// at: { t, level, selected, tau, centered, mode, borders, numbers, playing, moving }

const VOICE_NAMES = ["previous state", "bottom-up", "top-down", "consensus"];
const show = (value) => (Number.isFinite(value) ? hundredths(value) : "none");

function countIslands({ groups, single }) {
  const islands = `${groups} island${groups === 1 ? "" : "s"}`;
  return single ? `${islands} + ${single} single` : islands;
}

export class View {
  constructor(page, data) {
    Object.assign(this, data, { page }); // frame, picture, runs, pixels, voices: see readTraits
    this.last = this.frame.steps - 1;
  }

  place(index) {
    return `row ${Math.floor(index / this.frame.w) + 1}, column ${(index % this.frame.w) + 1}`;
  }

  paint(at) {
    if (!this.page.element.clientWidth) return; // not on the page, or folded away
    this.ink = getComputedStyle(this.page.element).color;
    this.paintControls(at);
    this.paintPicture(at);
    this.runs.forEach((run, r) =>
      this.page.panels.runs[r].forEach((column, l) => this.paintLevel(run, column, l, at)));
    this.paintLegend();
    this.paintCurves(at);
    if (this.voices) this.paintShares(at);
    this.tellState(at);
  }

  paintControls({ t, tau, playing }) {
    const { controls } = this.page;
    controls.t.value = t;
    controls.step.textContent = `step ${t} of ${this.last}`;
    controls.tau.value = tau;
    controls.tauText.textContent = show(tau);
    controls.play.textContent = playing ? "⏸ pause" : "▶ play";
  }

  paintLevel(run, column, l, at) {
    const { h, w } = this.frame;
    const colors = run.colors(at.t, l);
    const islands = run.islands(at.t, l, at.centered, at.tau);
    const number = (i) => islands.list[islands.labels[i] - 1].number;
    const cell = {
      three: (i) => [0, 1, 2].map((c) => 255 * colors[3 * i + c]),
      one: (i) => cividis(colors[3 * i]),
      islands: (i) => (number(i) ? numberColor(number(i)) : GRAY),
    }[at.mode];
    const surface = prepare(column.state);
    paintCells(surface, h, w, cell);
    if (at.borders) paintBorders(surface, h, w, (i, j) => islands.border(i, j));
    if (at.numbers) paintNumbers(surface, h, w, islands, at.selected);
    paintSelected(surface, h, w, at.selected);
    this.paintCosines(column, run.cosines(at.t, l, at.centered, at.selected), islands, at);
    column.caption.textContent = countIslands(islands);
    column.element.classList.toggle("glom-current", l === at.level);
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
    paintSelected(surface, h, w, at.selected);
  }

  paintPicture(at) {
    const { h, w } = this.frame;
    const { pixels, height, width, channels } = this.picture;
    const column = this.page.panels.pixels;
    const surface = prepare(column.state);
    const rgb = channels >= 3 ? [0, 1, 2] : [0, 0, 0];
    paintCells(surface, height, width, (i) => rgb.map((c) => pixels[i * channels + c]));
    paintSelected(surface, h, w, at.selected);
    const islands = this.pixels.islands(at.tau);
    this.paintCosines(column, this.pixels.cosines(at.selected), islands, at);
    column.caption.textContent = countIslands(islands);
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
    const shared = { last: this.last, cursor: t, ink: this.ink };
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
      return `${run.name}: ${countIslands(islands)}, agreement ${show(islands.agreement)}`;
    });
    const now = `step ${t} of ${this.last}, level ${level}`;
    const patch = `marked patch ${this.place(selected)}`;
    const mode = moving ? ["arrows move the marked patch, Enter when done"] : [];
    const { status, stage } = this.page;
    status.setAttribute("aria-live", playing ? "off" : "polite"); // no stream of words in play
    status.textContent = [now, ...told, patch, ...mode].join(" · ");
    stage.setAttribute("aria-label", `GLOM explorer: ${[now, ...told, patch, ...mode].join("; ")}`);
  }

  // What lies under the pointer.
  tell(index, at, cosine) {
    this.page.under.textContent = index === null ? "" :
      `marked: ${this.place(at.selected)} · under the pointer: ${this.place(index)}, cosine ${show(cosine)}`;
  }
}
