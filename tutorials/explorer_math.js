// The explorer's arithmetic: pure functions, no browser needed (a test runs them under Node).
// A "field" is one level at one step: n = h * w vectors of d numbers, row-major, in one flat array.

// float16 is not in every browser yet, so all 65536 half floats are decoded once, into a table.
export function halfTable() {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    if (exponent === 31) table[bits] = fraction ? NaN : sign * Infinity;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -14;
    else table[bits] = sign * (1 + fraction) * 2 ** (exponent - 15);
  }
  return table;
}

// Level l of one step, taken out of halves of shape (..., n, l, d) that begin at `start`.
export function takeField(halves, table, start, { n, levels, d }, level) {
  const field = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const from = start + (i * levels + level) * d;
    for (let k = 0; k < d; k++) field[i * d + k] = table[halves[from + k]];
  }
  return field;
}

// Every vector made length 1, after subtracting `center` (d numbers) if there is one.
// A vector of length 0 points nowhere and stays 0: its cosine with everything is 0.
export function unitVectors(field, d, center = null) {
  const units = new Float32Array(field.length);
  for (let from = 0; from < field.length; from += d) {
    let square = 0;
    for (let k = 0; k < d; k++) {
      const value = field[from + k] - (center ? center[k] : 0);
      units[from + k] = value;
      square += value * value;
    }
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = 0; k < d; k++) units[from + k] *= scale;
  }
  return units;
}

function dot(units, d, i, j) {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += units[i * d + k] * units[j * d + k];
  return sum;
}

// Cosine of location `index` with all n locations.
export function cosineTo(units, d, index) {
  const cosines = new Float32Array(units.length / d);
  for (let j = 0; j < cosines.length; j++) cosines[j] = dot(units, d, index, j);
  return cosines;
}

// Cosine of each location with its right and its lower neighbor; NaN where there is none.
export function neighborCosines(units, h, w, d) {
  const right = new Float32Array(h * w).fill(NaN);
  const down = new Float32Array(h * w).fill(NaN);
  for (let i = 0; i < h * w; i++) {
    if (i % w < w - 1) right[i] = dot(units, d, i, i + 1);
    if (i < (h - 1) * w) down[i] = dot(units, d, i, i + w);
  }
  return { right, down };
}

// Two equal vectors may have a cosine of 0.9999999 in float32, and tau = 1 must still join them.
export const isBorder = (cosine, tau) => cosine < tau - 1e-6;

// Islands: locations joined wherever neighbors' cosine >= tau. Numbered from 1 in reading order.
export function islandLabels({ right, down }, h, w, tau) {
  const labels = new Int32Array(h * w);
  let count = 0;
  for (let first = 0; first < h * w; first++) {
    if (labels[first]) continue;
    labels[first] = ++count;
    const shore = [first]; // found, but its neighbors are not looked at yet
    const join = (j, cosine) => {
      if (!isBorder(cosine, tau) && !labels[j]) {
        labels[j] = count;
        shore.push(j);
      }
    };
    while (shore.length) {
      const i = shore.pop();
      if (i % w < w - 1) join(i + 1, right[i]);
      if (i % w > 0) join(i - 1, right[i - 1]);
      if (i < (h - 1) * w) join(i + w, down[i]);
      if (i >= w) join(i - w, down[i - w]);
    }
  }
  return labels;
}

// Agreement = mean cosine of neighbors on one island, minus that of neighbors across a border.
// NaN when there is no border, or nothing but borders: then there is nothing to compare.
export function agreement({ right, down }, labels, w) {
  const sum = [0, 0];
  const count = [0, 0];
  const add = (cosine, i, j) => {
    if (Number.isNaN(cosine)) return;
    const side = labels[i] === labels[j] ? 0 : 1;
    sum[side] += cosine;
    count[side] += 1;
  };
  for (let i = 0; i < labels.length; i++) {
    add(right[i], i, i + 1);
    add(down[i], i, i + w);
  }
  return sum[0] / count[0] - sum[1] / count[1];
}

// Per island: its number, its size, and its member nearest to the middle (where the number goes).
export function describeIslands(labels, w) {
  const islands = [];
  labels.forEach((label, i) => {
    const island = (islands[label - 1] ??= { label, size: 0, x: 0, y: 0 });
    island.size += 1;
    island.x += i % w;
    island.y += Math.floor(i / w);
  });
  for (const island of islands) {
    const [x, y] = [island.x / island.size, island.y / island.size];
    let best = Infinity;
    labels.forEach((label, i) => {
      const far = (i % w - x) ** 2 + (Math.floor(i / w) - y) ** 2;
      if (label === island.label && far < best) {
        best = far;
        island.at = i;
      }
    });
  }
  return islands;
}

// Where an island's number goes while patch `marked` has a frame around it, which would hide it:
// the member nearest to `at` that is more than (across, down) cells away; -1 if there is none.
export function numberPlace(labels, { label, at }, w, marked, across, down) {
  const apart = (i, j) => [i % w - j % w, Math.floor(i / w) - Math.floor(j / w)];
  const clear = (i) => {
    const [x, y] = apart(i, marked);
    return Math.abs(x) > across || Math.abs(y) > down;
  };
  if (clear(at)) return at;
  let [place, best] = [-1, Infinity];
  labels.forEach((other, i) => {
    const [x, y] = apart(i, at);
    if (other === label && x * x + y * y < best && clear(i)) [place, best] = [i, x * x + y * y];
  });
  return place;
}

// The parse tree: maps[l] has the island labels of level l, from 1 on. One node an island: its
// parent is the island of the level above with the largest overlap (at a tie the first in reading
// order), and `outside` of its locations lie elsewhere; above the top there is no parent: 0.
export function parseTree(maps) {
  return maps.map((labels, l) => {
    const above = maps[l + 1];
    const nodes = [];
    labels.forEach((label, i) => {
      const node = (nodes[label - 1] ??= { level: l, label, size: 0, shared: new Map() });
      node.size += 1;
      if (above) node.shared.set(above[i], (node.shared.get(above[i]) ?? 0) + 1);
    });
    return nodes.map(({ shared, ...node }) => {
      const most = Math.max(0, ...shared.values());
      const parents = [...shared.keys()].filter((label) => shared.get(label) === most);
      const outside = above ? node.size - most : 0;
      return { ...node, parent: above ? Math.min(...parents) : 0, outside };
    });
  });
}

// Two digits, and no minus before a zero.
export const hundredths = (value) => value.toFixed(2).replace("-0.00", "0.00");

// How much a step changed the field: |after - before| / |after|.
export function updateSize(before, after) {
  let change = 0;
  let size = 0;
  for (let k = 0; k < after.length; k++) {
    change += (after[k] - before[k]) ** 2;
    size += after[k] ** 2;
  }
  return size > 0 ? Math.sqrt(change / size) : 0;
}

// Field -> n x 3 numbers in [0, 1]. `basis` holds three rows: d weights and one offset.
export function project(field, d, basis) {
  const colors = new Float32Array((field.length / d) * 3);
  for (let i = 0; i < field.length / d; i++) {
    for (let c = 0; c < 3; c++) {
      let value = basis[c * (d + 1) + d];
      for (let k = 0; k < d; k++) value += field[i * d + k] * basis[c * (d + 1) + k];
      colors[i * 3 + c] = Math.min(1, Math.max(0, value));
    }
  }
  return colors;
}

// The picture as a field: each patch is the vector of its pixels (0..255 -> 0..1). No model at all.
export function patchField({ pixels, height, width, channels }, h, w) {
  const [ph, pw] = [height / h, width / w];
  const d = ph * pw * channels;
  const field = new Float32Array(h * w * d);
  let k = 0;
  for (let i = 0; i < h * w; i++) {
    for (let y = 0; y < ph; y++) {
      const row = (Math.floor(i / w) * ph + y) * width + (i % w) * pw;
      for (let x = 0; x < pw * channels; x++) field[k++] = pixels[row * channels + x] / 255;
    }
  }
  return { field, d };
}

// The mean vector of a field.
export function meanVector(field, d) {
  const mean = new Float32Array(d);
  for (let k = 0; k < field.length; k++) mean[k % d] += (field[k] * d) / field.length;
  return mean;
}
