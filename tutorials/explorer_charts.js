// The charts under the tiles: lines over the steps, and the voices as bars.

const INSET = { left: 34, right: 48, top: 8, bottom: 18 };

// The step that lies under x (CSS pixels) in a chart of steps 0..last.
export function chartStep(x, width, last) {
  const where = (x - INSET.left) / (width - INSET.left - INSET.right);
  return Math.min(last, Math.max(0, Math.round(where * last)));
}

// Lines over the steps, with a cursor, and dotted marks where something was broken.
// lines: [{ values, color, dashed, bold, name }].
export function paintChart({ pen, width, height }, { lines, last, cursor, ink, ticks, scale, marks }) {
  const toX = (t) => INSET.left + (t / Math.max(1, last)) * (width - INSET.left - INSET.right);
  const toY = (v) => INSET.top + (1 - scale(v)) * (height - INSET.top - INSET.bottom);
  pen.font = "11px sans-serif";
  pen.fillStyle = ink;
  pen.strokeStyle = ink;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  pen.lineWidth = 1;
  for (const tick of ticks) {
    pen.fillText(tick, INSET.left - 6, toY(tick));
    pen.globalAlpha = 0.25;
    pen.strokeRect(toX(0), toY(tick), toX(last) - toX(0), 0);
    pen.globalAlpha = 1;
  }
  pen.textAlign = "center";
  const stride = Math.max(1, Math.ceil(last / ((width - 90) / 24)));
  for (let t = 0; t <= last; t += stride) pen.fillText(t, toX(t), height - 7);
  pen.globalAlpha = 0.7;
  pen.strokeRect(toX(cursor), INSET.top, 0, height - INSET.top - INSET.bottom);
  pen.globalAlpha = 1;
  pen.setLineDash([2, 3]);
  for (const t of marks) pen.strokeRect(toX(t), INSET.top, 0, height - INSET.top - INSET.bottom);
  pen.setLineDash([]);
  for (const line of lines) paintLine(pen, line, toX, toY, cursor);
  // Names at the right end, pushed apart, from the lowest upwards: there is room above it.
  const named = lines.map((line) => ({ name: line.name, end: toY(line.values[last]) }))
    .filter(({ name, end }) => name && !Number.isNaN(end)).sort((a, b) => b.end - a.end);
  let highest = height - INSET.bottom + 11;
  pen.textAlign = "left";
  pen.fillStyle = ink;
  for (const { name, end } of named) {
    highest = Math.min(end, highest - 11);
    pen.fillText(name, toX(last) + 6, highest);
  }
}

function paintLine(pen, { values, color, dashed, bold }, toX, toY, cursor) {
  pen.strokeStyle = color;
  pen.fillStyle = color;
  pen.lineWidth = bold ? 3 : 1.5;
  pen.lineCap = "round";
  pen.setLineDash(dashed ? [4, 5] : []);
  pen.beginPath();
  let drawing = false;
  values.forEach((value, t) => {
    if (Number.isNaN(value)) drawing = false; // a gap: nothing to compare at this step
    else {
      if (!drawing) pen.moveTo(toX(t), toY(value));
      pen.lineTo(toX(t), toY(value)); // a lone point is a line to itself: a dot
      drawing = true;
    }
  });
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  if (!Number.isNaN(values[cursor])) pen.arc(toX(cursor), toY(values[cursor]), 3.5, 0, 7);
  pen.fill();
}

// Bars from a zero line: the share of each voice in the new state. shares: one list per model;
// null: there is no such voice; NaN: nobody has spoken yet.
export function paintVoices({ pen, width, height }, shares, ink, names) {
  const zero = 100;
  const unit = (width - zero - 34) / 1.1; // a share of 1 (a share can be negative: against)
  const tall = height / names.length;
  pen.font = "11px sans-serif";
  pen.textBaseline = "middle";
  names.forEach((name, v) => {
    const y = v * tall;
    pen.fillStyle = ink;
    pen.textAlign = "right";
    pen.fillText(name, zero - 6, y + tall / 2);
    shares.forEach((list, r) => {
      const share = list[v] || 0;
      const bar = (tall - 6) / shares.length;
      const length = Math.min(1.1, Math.max(-0.3, share)) * unit;
      pen.fillStyle = css(OKABE_ITO[5]);
      pen.globalAlpha = r ? 0.4 : 1;
      pen.fillRect(Math.min(zero, zero + length), y + 3 + r * bar, Math.abs(length), bar - 1);
      pen.globalAlpha = 1;
      pen.fillStyle = ink;
      pen.textAlign = "left";
      const text = list[v] === null ? "none" : Number.isNaN(list[v]) ? "" : hundredths(share);
      pen.fillText(text, Math.max(zero, zero + length) + 4, y + 3 + (r + 0.5) * bar);
    });
  });
}
