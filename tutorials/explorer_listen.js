// What the pointer, the keys and the knobs on the page do to the explorer.

function patchUnder(canvas, { offsetX, offsetY }, { h, w }) {
  const column = clamp(Math.floor((offsetX / canvas.clientWidth) * w), 0, w - 1);
  const row = clamp(Math.floor((offsetY / canvas.clientHeight) * h), 0, h - 1);
  return row * w + column;
}

// Listens to everything on the explorer's page until `signal` says stop.
export function listenTo(explorer, signal) {
  const { page, view, frame } = explorer;
  const { controls, panels, charts, stage } = page;
  const on = (element, event, act) => element?.addEventListener(event, act, { signal });
  on(controls.play, "click", () => (explorer.timer ? explorer.stop() : explorer.play()));
  for (const name of ["t", "tau"]) {
    on(controls[name], "input", () => explorer.set(name, Number(controls[name].value)));
  }
  for (const name of ["mode", "borders", "numbers", "centered"]) {
    on(controls[name], "change", explorer.paint);
  }
  const tile = (canvas, level, cosines) => {
    if (canvas) listenToTile(explorer, on, canvas, level, cosines);
  };
  for (const row of ["state", "cosine"]) {
    const control = panels.pixels?.cosine && ((at) => view.pictureAt(at.t).pixels.cosines(at.selected));
    tile(panels.pixels?.[row], null, control);
    panels.runs.forEach((columns, r) => columns.forEach((column, l) =>
      tile(column[row], l, ({ t, centered, selected }) =>
        view.runs[r].cosines(t, l, centered, selected))));
  }
  for (const chart of [charts.agreement, charts.update]) {
    on(chart, "pointerdown", (event) =>
      explorer.set("t", chartStep(event.offsetX, chart.clientWidth, frame.steps - 1)));
  }
  listenToTree(explorer, on, charts.tree);
  on(page.breaks?.tool, "change", explorer.paint);
  on(page.breaks?.mend, "click", () => explorer.breaker.ask([]));
  on(stage, "keydown", (event) => press(explorer, event));
  on(stage, "blur", () => explorer.mark(false));
}

function listenToTile(explorer, on, canvas, level, cosines) {
  const { breaker, frame, page } = explorer;
  on(canvas, "pointerdown", (event) => {
    event.preventDefault(); // no text selection, and the focus goes where we put it
    page.stage.focus({ preventScroll: true });
    if (level !== null) explorer.set("level", level);
    const index = patchUnder(canvas, event, frame);
    if (!breaker.armed) return explorer.set("selected", index);
    canvas.setPointerCapture(event.pointerId); // the stroke ends here, wherever the pointer is
    breaker.add(index);
  });
  on(canvas, "pointermove", (event) => {
    const index = patchUnder(canvas, event, frame);
    if (breaker.stroke) breaker.add(index);
    explorer.point({ index, cosines });
  });
  for (const end of ["pointerup", "pointercancel"]) on(canvas, end, () => explorer.endStroke());
  on(canvas, "pointerleave", () => explorer.point(null));
}

// A click on a node marks a patch of its island, and chooses its level.
function listenToTree(explorer, on, canvas) {
  const under = ({ offsetX, offsetY }) =>
    explorer.view.tree && nodeUnder(explorer.view.tree, offsetX, offsetY);
  on(canvas, "pointerdown", (event) => {
    event.preventDefault();
    explorer.page.stage.focus({ preventScroll: true });
    const node = under(event);
    if (!node) return;
    explorer.set("level", node.level);
    explorer.set("selected", node.members[0].at);
  });
  on(canvas, "pointermove", (event) => explorer.point(under(event) && { node: under(event) }));
  on(canvas, "pointerleave", () => explorer.point(null));
}

function press(explorer, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = explorer.at;
  const change = keyChange(event.key, at, explorer.frame);
  if (!change) return;
  event.preventDefault(); // the page must not scroll, nor the notebook change its cell
  event.stopPropagation();
  for (const [name, value] of Object.entries(change)) {
    if (name === "playing") value ? explorer.play() : explorer.stop();
    else if (name === "moving") explorer.mark(value);
    else if (name === "island") explorer.set("selected", explorer.view.nextIsland(at, value));
    else if (name === "breaking" && value) explorer.breakAt(at.selected);
    else if (name === "breaking") explorer.breaker.ask([]);
    else explorer.set(name, value);
  }
}
