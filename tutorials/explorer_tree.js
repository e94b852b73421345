// The parse tree of one step: islands are nodes, the island above with the largest overlap is the
// parent. Where things go is worked out by pure functions; below them stands what paints it.

const SLOT = 25; // CSS pixels that a leaf needs at least
const TREE = { left: 58, right: 8, top: 16, bottom: 20, row: 50 };
const OUTSIDE = "#d55e00"; // a node that reaches outside its parent

export const treeHeight = (levels) => TREE.top + TREE.bottom + (levels - 1) * TREE.row;

// Islands smaller than `smallest` are drawn together, one gray dot for all that hang on one parent.
function gather(levels, smallest) {
  const drawn = levels.map(() => []);
  const home = levels.map(() => []); // label -> the drawn node that stands for it
  const top = levels.length - 1;
  for (let l = top; l >= 0; l--) {
    const crumbs = new Map();
    for (const node of levels[l]) {
      const parent = l < top ? home[l + 1][node.parent] : null;
      let mine = node.size < smallest ? crumbs.get(parent) : undefined;
      if (!mine) {
        mine = { level: l, parent, members: [], children: [], crumbs: node.size < smallest };
        if (mine.crumbs) crumbs.set(parent, mine);
        drawn[l].push(mine);
      }
      mine.members.push(node);
      home[l][node.label] = mine;
    }
    drawn[l].sort((a, b) => a.crumbs - b.crumbs); // crumbs come last; the sort keeps the rest
    for (const node of drawn[l]) node.parent?.children.push(node);
  }
  return { drawn, home };
}

// Where each node is drawn, the top level above: leaves side by side, parents over their children.
// levels: lists of { label, size, parent, outside, ... } of each level, the lowest first.
export function layoutTree(levels, width) {
  const room = width - TREE.left - TREE.right;
  const largest = Math.max(...levels.flatMap((nodes) => nodes.map(({ size }) => size)));
  const leaves = ({ drawn }) => drawn.flat().filter(({ children }) => !children.length).length;
  let smallest = 2;
  let found = gather(levels, smallest);
  while (leaves(found) * SLOT > room && smallest <= largest) {
    smallest = Math.ceil(1.3 * smallest);
    found = gather(levels, smallest);
  }
  const slot = room / Math.max(1, leaves(found));
  const top = levels.length - 1;
  let next = 0;
  const place = (node) => {
    node.y = TREE.top + (top - node.level) * TREE.row;
    node.children.forEach(place);
    const ends = [node.children[0], node.children.at(-1)];
    node.x = ends[0] ? (ends[0].x + ends[1].x) / 2 : TREE.left + slot * (next++ + 0.5);
    node.size = node.members.reduce((sum, { size }) => sum + size, 0);
    node.outside = node.members.reduce((sum, { outside }) => sum + outside, 0);
  };
  found.drawn[top].forEach(place);
  return { ...found, nodes: found.drawn.flat(), smallest };
}

// The drawn node nearest to (x, y), if it is near.
export function nodeUnder({ nodes }, x, y) {
  const far = ({ x: nx, y: ny }) => Math.hypot(nx - x, ny - y);
  const near = nodes.filter((node) => far(node) < 16).sort((a, b) => far(a) - far(b));
  return near[0] ?? null;
}

// The drawn nodes of the islands that the marked patch lies on, one a level.
export const pathOf = ({ home }, maps, marked) => maps.map((labels, l) => home[l][labels[marked]]);

const radius = ({ crumbs, size }, n) => (crumbs ? 4 : 7 + 7 * Math.sqrt(size / n));

export function paintTree({ pen, width }, tree, { n, level, path, ink, colorOf }) {
  pen.font = "11px sans-serif";
  pen.textBaseline = "middle";
  pen.lineCap = "round";
  tree.drawn.forEach((_, l) => {
    const y = TREE.top + (tree.drawn.length - 1 - l) * TREE.row;
    pen.fillStyle = ink;
    if (l === level) {
      pen.globalAlpha = 0.1;
      pen.fillRect(0, y - 16, width, 32);
      pen.globalAlpha = 1;
    }
    pen.font = l === level ? "bold 11px sans-serif" : "11px sans-serif";
    pen.textAlign = "left";
    pen.fillText(`level ${l}`, 4, y);
  });
  for (const node of tree.nodes) {
    if (!node.parent) continue;
    const onPath = path.includes(node) && path.includes(node.parent);
    pen.strokeStyle = node.outside ? OUTSIDE : ink;
    pen.globalAlpha = node.outside || onPath ? 1 : 0.55;
    pen.lineWidth = onPath || node.outside ? 2.5 : 1;
    pen.setLineDash(node.outside ? [5, 5] : []);
    pen.beginPath();
    pen.moveTo(node.x, node.y);
    pen.lineTo(node.parent.x, node.parent.y);
    pen.stroke();
  }
  pen.globalAlpha = 1;
  pen.setLineDash([]);
  for (const node of tree.nodes) paintNode(pen, node, n, path.includes(node), ink, colorOf);
}

function paintNode(pen, node, n, marked, ink, colorOf) {
  const { x, y, crumbs, members } = node;
  pen.beginPath();
  pen.arc(x, y, radius(node, n), 0, 7);
  pen.fillStyle = css(crumbs ? [150, 150, 150] : colorOf(members[0]));
  pen.fill();
  pen.lineWidth = marked ? 3.5 : 1;
  pen.strokeStyle = marked ? "#d0006f" : "#000";
  pen.stroke();
  pen.textAlign = "center";
  if (crumbs) {
    pen.font = "10px sans-serif";
    pen.textAlign = "left";
    pen.fillStyle = ink;
    pen.fillText(members.length, x + 7, y + 1);
    return;
  }
  pen.font = "bold 11px sans-serif";
  pen.lineJoin = "round";
  pen.lineWidth = 2.5;
  pen.strokeStyle = "#fff";
  pen.strokeText(members[0].number, x, y);
  pen.fillStyle = "#000";
  pen.fillText(members[0].number, x, y);
}

// A node in words, for whoever points at it.
export function nodeWords({ level, members, crumbs, size, outside }) {
  const patches = `${size} patch${size === 1 ? "" : "es"}`;
  const what = crumbs ? `small islands (${members.length})` : `island ${members[0].number}`;
  return `level ${level}, ${what}: ${patches}${outside ? `, ${outside} outside the parent` : ""}`;
}
