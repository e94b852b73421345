// The explorer: one step t, one marked patch, one level, and everything that depends on them.
// The run of each model arrives as a whole, so a step is a repaint and asks Python nothing.
// Python puts the other explorer_*.js files in front of this one: together they are one module.

// Milliseconds a step while playing; slower for people who asked their system for less motion.
const PLAY_MS = { usual: 350, reduced: 1200 };
const wantsLessMotion = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const RUN = "change:frame change:states change:picture change:views";
const PLACE = "change:t change:tau change:selected change:level";

class Explorer {
  constructor(model, host) {
    this.model = model;
    this.host = host;
    this.moving = false; // after Enter the arrows move the marked patch
    this.timer = null; // runs while playing
    this.under = null; // what is under the pointer: { index, cosines } or { node }
    this.breaker = new Breaker(model, () => this.paint());
    this.sizes = new ResizeObserver(() => this.resize());
    // JupyterLab changes its theme by changing attributes of <body>; elsewhere the system does.
    this.theme = new MutationObserver(this.paint);
    this.theme.observe(document.body, { attributes: true });
    this.dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.paint);
    model.on(RUN, this.reload);
    model.on(PLACE, this.paint);
    model.on("change:note", this.answered);
    this.rebuild();
  }

  // Several traits arrive in one message: wait for all of them, then read once.
  reload = () => {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.rebuild(), 0);
  };

  answered = () => this.breaker.waitNoMore(this.model.get("note"));

  rebuild() {
    if (this.breaker.stroke) return; // at its end it asks for another run anyway
    const before = this.page;
    const focused = before && document.activeElement === before.stage;
    this.stop();
    if (!this.model.get("frame").steps) return; // nothing was sent yet
    const data = readTraits(this.model);
    this.listeners?.abort();
    this.listeners = new AbortController(); // one switch for all listeners on this page
    this.frame = data.frame;
    const has = (name) => this.model.get("views").includes(name);
    const names = has("controls") ? data.frame.models : data.frame.models.slice(0, 1);
    this.page = buildPage(data.frame, names, has, data);
    this.view = new View(this.page, data, names);
    this.under = null; // it may lie on a tile that is gone
    const { controls, stage, element } = this.page;
    if (before) keepChoices(before.controls, controls);
    controls.t.max = data.frame.steps - 1;
    this.breaker.attach(this.page.breaks, data.frame);
    listenTo(this, this.listeners.signal);
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
      mode: mode?.value ?? "islands",
      borders: Boolean(borders?.checked),
      numbers: Boolean(numbers?.checked),
      centered: Boolean(centered?.checked),
      playing: this.timer !== null,
      moving: this.moving,
      breakable: Boolean(this.page.breaks),
      armed: this.breaker.armed,
      stroke: this.breaker.stroke,
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
    const { index, cosines, node } = this.under ?? {};
    this.view.tell(at, { index, node, cosine: cosines?.(at)[index] });
  }

  point(under) {
    this.under = under;
    this.tell();
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

  endStroke() {
    if (!this.breaker.stroke) return;
    this.breaker.send(this.at.t);
    this.paint();
  }

  breakAt(index) {
    this.breaker.add(index);
    this.endStroke();
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
    this.breaker.remove();
    this.listeners?.abort();
    this.sizes.disconnect();
    this.theme.disconnect();
    this.dark.removeEventListener("change", this.paint);
    this.model.off(RUN, this.reload);
    this.model.off(PLACE, this.paint);
    this.model.off("change:note", this.answered);
  }
}

// What was chosen on the page stays when another run arrives.
function keepChoices(from, to) {
  if (from.mode && to.mode) to.mode.value = from.mode.value;
  for (const box of ["borders", "numbers", "centered"]) {
    if (from[box] && to[box]) to[box].checked = from[box].checked;
  }
}

export default {
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    return () => explorer.remove();
  },
};
