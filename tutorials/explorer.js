// The explorer: one step t, one marked patch, one level, and everything that depends on them.
// The run of each model arrives as a whole, so a step is a repaint and asks Python nothing.
// Python puts the other explorer_*.js files in front of this one: together they are one module.

// Milliseconds a step while playing; slower for people who asked their system for less motion.
const PLAY_MS = { usual: 350, reduced: 1200 };
const wantsLessMotion = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

class Explorer {
  constructor(model, host) {
    this.model = model;
    this.host = host;
    this.moving = false; // after Enter the arrows move the marked patch
    this.timer = null; // runs while playing
    this.under = null; // the patch under the pointer: { index, cosines }
    this.sizes = new ResizeObserver(() => this.resize());
    // JupyterLab changes its theme by changing attributes of <body>.
    this.theme = new MutationObserver(this.paint);
    this.theme.observe(document.body, { attributes: true });
    model.on("change:frame change:states change:picture", this.reload);
    model.on("change:t change:tau change:selected change:level", this.paint);
    this.rebuild();
  }

  // Several traits arrive in one message: wait for all of them, then read once.
  reload = () => {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.rebuild(), 0);
  };

  rebuild() {
    const before = this.page;
    const focused = before && document.activeElement === before.stage;
    this.stop();
    if (!this.model.get("frame").steps) return; // nothing was sent yet
    const data = readTraits(this.model);
    this.listeners?.abort();
    this.listeners = new AbortController(); // one switch for all listeners on this page
    this.frame = data.frame;
    this.page = buildPage(data.frame);
    this.view = new View(this.page, data);
    this.under = null; // it may lie on a tile that is gone
    this.hasCenters = Boolean(data.centers);
    const { controls, charts, stage, element } = this.page;
    if (before) keepChoices(before.controls, controls);
    controls.t.max = data.frame.steps - 1;
    controls.centeredLabel.hidden = !data.centers;
    charts.voicesFigure.hidden = !data.voices;
    this.listen();
    this.host.replaceChildren(element);
    this.sizes.disconnect();
    this.sizes.observe(element);
    if (focused) stage.focus();
    this.resize();
  }

  // All that the view depends on. The synced numbers are kept inside what this run has.
  get at() {
    const { steps, levels, n } = this.frame;
    const inside = (name, top) => clamp(this.model.get(name), 0, top);
    const { mode, borders, numbers, centered } = this.page.controls;
    return {
      t: inside("t", steps - 1),
      level: inside("level", levels - 1),
      selected: inside("selected", n - 1),
      tau: this.model.get("tau"),
      mode: mode.value,
      borders: borders.checked,
      numbers: numbers.checked,
      centered: this.hasCenters && centered.checked,
      playing: this.timer !== null,
      moving: this.moving,
    };
  }

  paint = () => {
    if (!this.page) return;
    this.view.paint(this.at);
    this.tell();
  };

  // What is under the pointer changes with the step and the mark, without a move of the pointer.
  tell() {
    const at = this.at;
    if (!this.under) this.view.tell(null);
    else this.view.tell(this.under.index, at, this.under.cosines(at)[this.under.index]);
  }

  resize() {
    fitTiles(this.page, this.frame);
    measure(this.page.element.querySelectorAll("canvas"));
    this.paint();
  }

  // t, tau, selected, level belong to Python too; setting one paints, through its change event.
  set(name, value) {
    if (this.model.get(name) === value) return;
    this.model.set(name, value);
    this.model.save_changes();
  }

  listen() {
    const { controls, panels, charts, stage } = this.page;
    const on = (element, event, act) =>
      element.addEventListener(event, act, { signal: this.listeners.signal });
    on(controls.play, "click", () => (this.timer ? this.stop() : this.play()));
    for (const name of ["t", "tau"]) {
      on(controls[name], "input", () => this.set(name, Number(controls[name].value)));
    }
    for (const name of ["mode", "borders", "numbers", "centered"]) {
      on(controls[name], "change", this.paint);
    }
    const tile = (canvas, level, cosines) => {
      on(canvas, "pointerdown", (event) => {
        event.preventDefault(); // no text selection, and the focus goes where we put it
        stage.focus({ preventScroll: true });
        if (level !== null) this.set("level", level);
        this.set("selected", this.patchUnder(canvas, event));
      });
      on(canvas, "pointermove", (event) => {
        this.under = { index: this.patchUnder(canvas, event), cosines };
        this.tell();
      });
      on(canvas, "pointerleave", () => {
        this.under = null;
        this.tell();
      });
    };
    for (const row of ["state", "cosine"]) {
      tile(panels.pixels[row], null, ({ selected }) => this.view.pixels.cosines(selected));
      panels.runs.forEach((columns, r) => columns.forEach((column, l) =>
        tile(column[row], l, ({ t, centered, selected }) =>
          this.view.runs[r].cosines(t, l, centered, selected))));
    }
    for (const chart of [charts.agreement, charts.update]) {
      on(chart, "pointerdown", (event) =>
        this.set("t", chartStep(event.offsetX, chart.clientWidth, this.frame.steps - 1)));
    }
    on(stage, "keydown", (event) => this.key(event));
    on(stage, "blur", () => this.mark(false));
  }

  patchUnder(canvas, { offsetX, offsetY }) {
    const { h, w } = this.frame;
    const column = clamp(Math.floor((offsetX / canvas.clientWidth) * w), 0, w - 1);
    const row = clamp(Math.floor((offsetY / canvas.clientHeight) * h), 0, h - 1);
    return row * w + column;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const change = keyChange(event.key, this.at, this.frame);
    if (!change) return;
    event.preventDefault(); // the page must not scroll, nor the notebook change its cell
    event.stopPropagation();
    for (const [name, value] of Object.entries(change)) {
      if (name === "playing") value ? this.play() : this.stop();
      else if (name === "moving") this.mark(value);
      else this.set(name, value);
    }
  }

  mark(moving) {
    this.moving = moving;
    this.paint();
  }

  // Playing only ever starts by hand.
  play() {
    const last = this.frame.steps - 1;
    if (this.at.t === last) this.set("t", 0);
    this.timer = setInterval(() => {
      if (this.at.t < last) this.set("t", this.at.t + 1);
      else this.stop();
    }, wantsLessMotion() ? PLAY_MS.reduced : PLAY_MS.usual);
    this.paint();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.paint();
  }

  remove() {
    clearInterval(this.timer);
    clearTimeout(this.waiting);
    this.listeners?.abort();
    this.sizes.disconnect();
    this.theme.disconnect();
    this.model.off("change:frame change:states change:picture", this.reload);
    this.model.off("change:t change:tau change:selected change:level", this.paint);
  }
}

// What was chosen on the page stays when another run arrives.
function keepChoices(from, to) {
  to.mode.value = from.mode.value;
  for (const box of ["borders", "numbers", "centered"]) to[box].checked = from[box].checked;
}

export default {
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    return () => explorer.remove();
  },
};
