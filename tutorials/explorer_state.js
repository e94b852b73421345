// What is known of one model's run: decoded when asked for, and remembered.

const HALVES = halfTable();

// The islands (numbered on the page: those of at least two patches, in reading order), how many
// of them there are, how many patches stand alone, the agreement across borders, and whether there
// is a border between two neighbors. Low cosines inside an island, which hangs together around
// them, are none: so a line always closes.
function findIslands(neighbors, { h, w }, tau) {
  const labels = islandLabels(neighbors, h, w, tau);
  const list = describeIslands(labels, w);
  let groups = 0;
  for (const island of list) island.number = island.size > 1 ? ++groups : 0;
  const border = (i, j) => labels[i] !== labels[j];
  const score = agreement(neighbors, labels, w);
  return { labels, list, groups, single: list.length - groups, border, agreement: score };
}

export class Trajectory {
  // `which` model of those sent; the arrays are the widget's binary traits.
  constructor({ frame, halves, bases, centers, voices }, which) {
    this.name = frame.models[which];
    this.size = frame;
    this.halves = halves;
    this.start = which * frame.steps * frame.n * frame.levels * frame.d;
    const [perBasis, { levels, d, n }] = [3 * (frame.d + 1), frame];
    this.basis = (l) => bases.subarray((which * levels + l) * perBasis).subarray(0, perBasis);
    this.center = (l) => centers?.subarray((which * levels + l) * d).subarray(0, d);
    // How much each of the four voices supplied to location i, level l, in the step before t.
    this.voicesAt = (t, i, l) =>
      [0, 1, 2, 3].map((v) => {
        const step = (which * (frame.steps - 1) + t - 1) * 4 + v;
        return t > 0 && voices ? voices[(step * n + i) * levels + l] : NaN;
      });
    this.remembered = new Map();
    this.fields = new Map(); // decoded fields are large, so only a few stay
  }

  remember(key, compute) {
    if (!this.remembered.has(key)) {
      if (this.remembered.size > 3000) this.remembered.clear();
      this.remembered.set(key, compute());
    }
    return this.remembered.get(key);
  }

  field(t, l) {
    const key = `${t}/${l}`;
    if (!this.fields.has(key)) {
      if (this.fields.size > 4 * this.size.levels) this.fields.clear();
      const start = this.start + t * this.size.n * this.size.levels * this.size.d;
      this.fields.set(key, takeField(this.halves, HALVES, start, this.size, l));
    }
    return this.fields.get(key);
  }

  units(t, l, centered) {
    return unitVectors(this.field(t, l), this.size.d, centered ? this.center(l) : null);
  }

  colors(t, l) {
    return this.remember(`colors/${t}/${l}`, () =>
      project(this.field(t, l), this.size.d, this.basis(l)));
  }

  cosines(t, l, centered, index) {
    return this.remember(`cosines/${t}/${l}/${centered}/${index}`, () =>
      cosineTo(this.units(t, l, centered), this.size.d, index));
  }

  neighbors(t, l, centered) {
    return this.remember(`neighbors/${t}/${l}/${centered}`, () =>
      neighborCosines(this.units(t, l, centered), this.size.h, this.size.w, this.size.d));
  }

  islands(t, l, centered, tau) {
    return this.remember(`islands/${t}/${l}/${centered}/${tau}`, () =>
      findIslands(this.neighbors(t, l, centered), this.size, tau));
  }

  // Nodes a level, the lowest first; violations reach outside their parent, out of `below` nodes
  // that have one; `maps` are the labels of each level.
  tree(t, centered, tau) {
    return this.remember(`tree/${t}/${centered}/${tau}`, () => {
      const islands = Array.from({ length: this.size.levels }, (_, l) =>
        this.islands(t, l, centered, tau));
      const maps = islands.map(({ labels }) => labels);
      const levels = parseTree(maps).map((nodes, l) =>
        nodes.map((node, k) => ({ ...islands[l].list[k], ...node })));
      const children = levels.slice(0, -1).flat();
      const violations = children.filter(({ outside }) => outside).length;
      return { levels, maps, below: children.length, violations };
    });
  }

  agreementCurve(l, centered, tau) {
    return Array.from({ length: this.size.steps }, (_, t) =>
      this.islands(t, l, centered, tau).agreement);
  }

  updateCurve(l) {
    return this.remember(`updates/${l}`, () =>
      Array.from({ length: this.size.steps }, (_, t) =>
        t ? updateSize(this.field(t - 1, l), this.field(t, l)) : NaN));
  }
}

// The control without a model: raw pixels, treated exactly like one level of a state.
export class Pixels {
  constructor({ h, w }, picture) {
    this.size = { h, w };
    const { field, d } = patchField(picture, h, w);
    this.d = d;
    this.unit = unitVectors(field, d, meanVector(field, d));
    this.edges = neighborCosines(this.unit, h, w, d);
  }

  cosines(index) {
    return cosineTo(this.unit, this.d, index);
  }

  islands(tau) {
    return findIslands(this.edges, this.size, tau);
  }
}

// Binary traits arrive as DataViews, not always aligned for typed arrays: hence the copies.
export function readTraits(model) {
  const bytes = (name) => {
    const view = model.get(name);
    return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  };
  const frame = model.get("frame");
  const centers = new Float32Array(bytes("centers"));
  const voices = new Float32Array(bytes("voices"));
  const sent = {
    frame,
    halves: new Uint16Array(bytes("states")),
    bases: new Float32Array(bytes("bases")),
    centers: centers.length ? centers : null,
    voices: voices.length ? voices : null,
  };
  // One picture, or several where it was broken on the way: each holds from its step on.
  const { height, width, channels, since = [0] } = frame.picture;
  const all = new Uint8Array(bytes("picture"));
  const pictures = since.map((from, k) => {
    const size = height * width * channels;
    const picture = { pixels: all.subarray(k * size, (k + 1) * size), height, width, channels };
    return { from, picture, pixels: new Pixels(frame, picture) };
  });
  return {
    frame,
    pictureAt: (t) => pictures.findLast(({ from }) => from <= t),
    centers: sent.centers,
    voices: sent.voices,
    runs: frame.models.map((_, which) => new Trajectory(sent, which)),
  };
}
