// What a key means: a pure function, so that it can be tested without a keyboard.

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// at: { t, level, selected, moving, breakable }; `moving` is true while the arrows move the marked
// patch, `breakable` where patches can be broken. Returns what changes, for example { t: 3 }, or
// null for a key that means nothing here.
export function keyChange(key, at, { steps, levels, h, w }) {
  const last = steps - 1;
  if (key === "Home") return { t: 0 };
  if (key === "End") return { t: last };
  if (key === " ") return { playing: !at.playing };
  if (key === "Enter") return { moving: !at.moving };
  if (key === "Escape" && at.moving) return { moving: false };
  if (key === "n" || key === "p") return { island: key === "n" ? 1 : -1 }; // next, previous
  if (key === "x" && at.breakable) return { breaking: true };
  if (key === "m" && at.breakable) return { breaking: false };
  const [right, up] = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
  }[key] ?? [0, 0];
  if (!right && !up) return null;
  if (!at.moving) {
    return right ? { t: clamp(at.t + right, 0, last) } : { level: clamp(at.level + up, 0, levels - 1) };
  }
  const column = clamp((at.selected % w) + right, 0, w - 1);
  const row = clamp(Math.floor(at.selected / w) - up, 0, h - 1);
  return { selected: row * w + column };
}
