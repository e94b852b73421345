// What the explorer paints on its canvases. Colors here are readable with any color vision:
// cividis for amounts, a gray-middled map for signed cosines, Okabe-Ito plus numbers for labels.

const CIVIDIS = [
  [0, 34, 78], [26, 56, 111], [67, 78, 108], [97, 101, 111], [125, 124, 120],
  [155, 148, 118], [188, 174, 108], [222, 201, 88], [254, 232, 56],
];
export const GRAY = [225, 225, 225]; // a patch that is no island
const SIGNED = [[0, 84, 150], [96, 152, 202], [189, 189, 189], [226, 140, 74], [190, 72, 0]];
export const OKABE_ITO = [
  [230, 159, 0], [86, 180, 233], [0, 158, 115], [213, 94, 0], [204, 121, 167], [0, 114, 178],
  [240, 228, 66],
];

// A color from a table of stops; where = 0 is the first stop, 1 the last.
function between(stops, where) {
  const at = Math.min(1, Math.max(0, where)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  return stops[low].map((from, c) => from + (at - low) * (stops[low + 1][c] - from));
}

export const cividis = (amount) => between(CIVIDIS, amount); // amount in [0, 1]
export const signed = (cosine) => between(SIGNED, (cosine + 1) / 2); // cosine in [-1, 1]
export const numberColor = (number) => OKABE_ITO[(number - 1) % OKABE_ITO.length];
export const css = ([r, g, b]) => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;

// Sizes are measured all at once, when they may have changed: to ask the browser for one
// between two drawings makes it lay out the page again.
const sizes = new WeakMap();
export const measure = (canvases) => {
  for (const canvas of canvases) sizes.set(canvas, [canvas.clientWidth, canvas.clientHeight]);
};

// A canvas as sharp as the screen: its pixels are device pixels, the drawing is in CSS pixels.
export function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = sizes.get(canvas) ?? [0, 0];
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across) canvas.width = across; // setting it is slow, and empties it
  if (canvas.height !== down) canvas.height = down;
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

// h * w colors -> cells, by way of a canvas with one pixel a cell.
export function paintCells({ pen, width, height }, h, w, colorOf) {
  const small = new OffscreenCanvas(w, h);
  const brush = small.getContext("2d");
  const image = brush.createImageData(w, h);
  for (let i = 0; i < h * w; i++) {
    const [r, g, b] = colorOf(i);
    image.data.set([r, g, b, 255], i * 4);
  }
  brush.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, width, height);
}

// Dark on light, so that it shows on every color below it.
function strokeTwice(pen, thin, draw) {
  pen.lineCap = "square";
  for (const [color, wide] of [["rgb(255 255 255 / 0.6)", thin + 1.5], ["#000", thin]]) {
    pen.strokeStyle = color;
    pen.lineWidth = wide;
    draw();
  }
}

// A line between neighbors i and j wherever border(i, j).
export function paintBorders({ pen, width, height }, h, w, border) {
  const [cw, ch] = [width / w, height / h];
  strokeTwice(pen, cw > 12 ? 2 : 1, () => {
    pen.beginPath();
    for (let i = 0; i < h * w; i++) {
      const [x, y] = [(i % w) * cw, Math.floor(i / w) * ch];
      if (i % w < w - 1 && border(i, i + 1)) {
        pen.moveTo(x + cw, y);
        pen.lineTo(x + cw, y + ch);
      }
      if (i < (h - 1) * w && border(i, i + w)) {
        pen.moveTo(x, y + ch);
        pen.lineTo(x + cw, y + ch);
      }
    }
    pen.stroke();
  });
}

// Island numbers, on islands of at least three locations: there is no room on smaller ones.
// They keep away from the marked patch; if their island is too small for that, they stand above it.
export function paintNumbers({ pen, width, height }, h, w, { list, labels }, marked) {
  const [cw, ch] = [width / w, height / h];
  const size = Math.max(9, Math.min(13, 0.9 * Math.min(cw, ch)));
  pen.font = `bold ${size}px sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const reach = size / 2 + 3; // half a digit, and the frame of the marked patch
  for (const island of list) {
    if (island.size < 3) continue;
    const place = numberPlace(labels, island, w, marked, 0.5 + reach / cw, 0.5 + reach / ch);
    const at = place < 0 ? marked : place;
    const x = ((at % w) + 0.5) * cw;
    let y = (Math.floor(at / w) + 0.5) * ch;
    if (place < 0) y += (ch / 2 + reach) * (y > ch / 2 + 2 * reach ? -1 : 1); // below at the top
    pen.strokeStyle = "#fff";
    pen.lineWidth = 3;
    pen.strokeText(island.number, x, y);
    pen.fillStyle = "#000";
    pen.fillText(island.number, x, y);
  }
}

// The selected patch: a frame around its cell.
export function paintSelected({ pen, width, height }, h, w, index) {
  const [cw, ch] = [width / w, height / h];
  const [x, y] = [(index % w) * cw, Math.floor(index / w) * ch];
  for (const [color, wide] of [["#fff", 5], ["#d0006f", 2.5]]) {
    pen.strokeStyle = color;
    pen.lineWidth = wide;
    pen.strokeRect(x - 1, y - 1, cw + 2, ch + 2); // around the cell: its color stays visible
  }
}

// A region, dashed around; with `filled` its cells are hatched too (a brush that is still moving).
export function paintRegion({ pen, width, height }, h, w, region, filled) {
  const [cw, ch] = [width / w, height / h];
  pen.beginPath();
  for (const i of region) {
    const [x, y] = [(i % w) * cw, Math.floor(i / w) * ch];
    const edge = (other, inside, x0, y0, x1, y1) => {
      if (inside && region.has(other)) return;
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
    };
    edge(i - 1, i % w > 0, x, y, x, y + ch);
    edge(i + 1, i % w < w - 1, x + cw, y, x + cw, y + ch);
    edge(i - w, true, x, y, x + cw, y);
    edge(i + w, true, x, y + ch, x + cw, y + ch);
    if (!filled) continue;
    pen.moveTo(x, y + ch);
    pen.lineTo(x + cw, y);
  }
  pen.lineCap = "butt";
  for (const [color, offset] of [["#fff", 0], ["#000", 4]]) {
    pen.strokeStyle = color;
    pen.lineWidth = 2;
    pen.setLineDash([4, 4]);
    pen.lineDashOffset = offset;
    pen.stroke();
  }
  pen.setLineDash([]);
  pen.lineDashOffset = 0;
}
