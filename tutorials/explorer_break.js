// Breaking the picture: patches are chosen here, and Python runs the model again.
// A break is { t, patches, kind }; the synced list `breaks` has all of them.

const TOOLS = [
  ["mark", "marks it"],
  ["cover", "covers the picture there"],
  ["noise", "puts noise on the picture there"],
  ["state", "puts noise into the state there"],
];
const DONE = { cover: "covered", noise: "under noise", state: "with noise in the state" };
const PATIENCE = 4000; // milliseconds until we say that Python does not answer

// The patches under a square brush of `size` (odd) patches around `index`, inside the picture.
export function brushPatches(index, size, { h, w }) {
  const reach = (size - 1) / 2;
  const [row, column] = [Math.floor(index / w), index % w];
  const found = [];
  for (let y = Math.max(0, row - reach); y <= Math.min(h - 1, row + reach); y++) {
    for (let x = Math.max(0, column - reach); x <= Math.min(w - 1, column + reach); x++) {
      found.push(y * w + x);
    }
  }
  return found;
}

// One more break; patches broken at one step in one way are one break. In the order of steps.
export function addBreak(breaks, { t, patches, kind }) {
  const same = (one) => one.t === t && one.kind === kind;
  const before = breaks.find(same)?.patches ?? [];
  const all = [...new Set([...before, ...patches])].sort((a, b) => a - b);
  return [...breaks.filter((one) => !same(one)), { t, patches: all, kind }].sort((a, b) => a.t - b.t);
}

// The patches that are broken at step t, in any way.
export const brokenAt = (breaks, t) =>
  new Set(breaks.filter((one) => one.t <= t).flatMap(({ patches }) => patches));

export function breakWords(breaks) {
  return breaks.map(({ t, patches, kind }) =>
    `${patches.length} patch${patches.length === 1 ? "" : "es"} ${DONE[kind]} from step ${t} on`);
}

export function buildBreaks({ h, w }) {
  const option = ([value, text]) => make("option", { value }, text);
  const parts = {
    tool: make("select", { class: "glom-tool", "aria-label": "what a click on a patch does" },
      ...TOOLS.map(option)),
    brush: make("select", { class: "glom-brush", "aria-label": "size of the brush, in patches" },
      ...[1, 3, 5].map((size) => option([size, `${size} × ${size}`]))),
    mend: make("button", { type: "button", class: "glom-mend" }, "mend"),
    asked: make("output", { class: "glom-asked" }),
  };
  parts.brush.value = Math.min(h, w) > 10 ? "3" : "1";
  parts.element = make("span", { class: "glom-group glom-breaks" },
    make("label", {}, "click on a patch: ", parts.tool), make("label", {}, " brush ", parts.brush),
    parts.mend, parts.asked);
  return parts;
}

// The strokes of the brush, and what is asked of Python.
export class Breaker {
  constructor(model, repaint) {
    this.model = model;
    this.repaint = repaint;
    this.stroke = null; // the patches of the stroke that is going on
  }

  attach(controls, frame) {
    const [tool, brush] = [this.controls?.tool.value, this.controls?.brush.value];
    this.controls = controls;
    this.frame = frame;
    if (!controls) return;
    if (tool) [controls.tool.value, controls.brush.value] = [tool, brush];
    controls.mend.hidden = !frame.breaks?.length;
    this.waitNoMore(this.model.get("note"));
  }

  get armed() {
    return Boolean(this.controls) && this.controls.tool.value !== "mark";
  }

  add(index) {
    this.stroke ??= new Set();
    brushPatches(index, Number(this.controls.brush.value), this.frame).forEach((i) => this.stroke.add(i));
    this.repaint();
  }

  // At the end of a stroke, or at a key.
  send(t) {
    const patches = [...this.stroke];
    this.stroke = null;
    const kind = this.armed ? this.controls.tool.value : "cover";
    this.ask(addBreak(this.model.get("breaks"), { t, patches, kind }));
  }

  ask(breaks) {
    if (!breaks.length && !this.model.get("breaks").length) return;
    this.model.set("breaks", breaks);
    this.model.save_changes();
    this.controls.asked.textContent = "the model runs again ...";
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.controls.asked.textContent = "no answer yet: is the kernel running, and free?";
    }, PATIENCE);
  }

  waitNoMore(note = "") {
    clearTimeout(this.waiting);
    if (this.controls) this.controls.asked.textContent = note;
  }

  remove() {
    clearTimeout(this.waiting);
  }
}
