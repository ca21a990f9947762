// A layered layout for a diagram of nodes and edges, as Sugiyama, Tagawa and Toda described it (1981): turn edges that close
// a circle, put the nodes on layers, put each layer in an order with few crossings, then give each node its place.

const MOST_NODES = 200;
const SWEEPS = 12;
const PASSES = 10;
const GAP = { layer: 46, node: 28, dummy: 14 };

/** `{title, direction, nodes: [{id, label, shape}], edges: [{from, to, label}]}`, or `null` where the arguments are none. */
export function diagramOf(given) {
  const { title = "", nodes, edges = [], direction = "TB" } = given ?? {};
  if (!Array.isArray(nodes) || nodes.length === 0 || nodes.length > MOST_NODES || !Array.isArray(edges)) return null;
  const known = new Set(nodes.map((node) => node?.id));
  if (known.size !== nodes.length || known.has(undefined)) return null;
  if (!edges.every((edge) => known.has(edge?.from) && known.has(edge?.to))) return null;
  return {
    title: String(title),
    direction: direction === "LR" ? "LR" : "TB",
    nodes: nodes.map(({ id, label, shape = "box" }) => ({ id, label: String(label ?? id), shape })),
    edges: edges.map(({ from, to, label = "" }) => ({ from, to, label: String(label ?? "") })),
  };
}

/**
 * Places for a diagram. `sizeOf(node)` and `labelSizeOf(edge)` give `{width, height}` in px. Returns `{width, height, nodes,
 * edges}`: each node with its middle `x`, `y` and its size; each edge with `path` and, where it has a label, `labelAt`.
 */
export function layOut(diagram, { sizeOf, labelSizeOf }) {
  const across = diagram.direction === "LR" ? "height" : "width";
  const along = diagram.direction === "LR" ? "width" : "height";
  const boxes = diagram.nodes.map((node) => boxOf(node, sizeOf(node), across, along));
  const byId = new Map(boxes.map((box) => [box.node.id, box]));
  const loops = loopsOf(diagram, { byId, labelSizeOf, across });
  const links = diagram.edges
    .map((edge) => ({ edge, from: byId.get(edge.from), to: byId.get(edge.to) }))
    .filter(({ from, to }) => from !== to);
  turnCircles(boxes, links);
  assignLayers(boxes, links);
  const layers = fillLayers(boxes, links, (edge) => boxOf(null, labelSizeOf(edge), across, along));
  orderLayers(layers);
  placeAcross(layers);
  placeAlong(layers);
  return drawn({ diagram, boxes, links, loops, layers });
}

/** `beside` is what a node needs at its far side, for an edge to itself. */
const boxOf = (node, size, across, along) => ({
  node,
  size,
  breadth: size[across],
  depth: size[along],
  beside: 0,
  up: [],
  down: [],
  layer: 0,
  at: 0,
});

/** The edges from a node to itself: each takes room at its side, beyond the one before. */
function loopsOf({ edges }, { byId, labelSizeOf, across }) {
  const loops = edges.filter(({ from, to }) => from === to);
  return loops.map((edge) => {
    const box = byId.get(edge.from);
    const size = edge.label ? labelSizeOf(edge) : null;
    const reach = box.beside + LOOP;
    box.beside = reach + (size?.[across] ?? 0);
    return { edge, box, size, reach, across };
  });
}

/** Follows the edges depth-first; one that leads back to where the walk is under way is turned around. */
function turnCircles(boxes, links) {
  const out = new Map(boxes.map((box) => [box, links.filter(({ from }) => from === box)]));
  const state = new Map();
  for (const start of boxes) {
    if (state.has(start)) continue;
    const walk = [{ box: start, rest: [...out.get(start)] }];
    state.set(start, "open");
    while (walk.length) {
      const step = walk.at(-1);
      const link = step.rest.shift();
      if (!link) {
        state.set(step.box, "done");
        walk.pop();
      } else if (state.get(link.to) === "open") {
        link.turned = true;
      } else if (!state.has(link.to)) {
        state.set(link.to, "open");
        walk.push({ box: link.to, rest: [...out.get(link.to)] });
      }
    }
  }
  for (const link of links) [link.top, link.bottom] = link.turned ? [link.to, link.from] : [link.from, link.to];
}

/** Each node below all that lead to it; one that nothing leads to stands just above the first that it leads to. */
function assignLayers(boxes, links) {
  const least = ({ edge }) => (edge.label ? 2 : 1); // a label gets a layer of its own, half-way
  const above = new Map(boxes.map((box) => [box, links.filter(({ bottom }) => bottom === box)]));
  const below = new Map(boxes.map((box) => [box, links.filter(({ top }) => top === box)]));
  const open = new Map(boxes.map((box) => [box, above.get(box).length]));
  const ready = boxes.filter((box) => open.get(box) === 0);
  const inOrder = [];
  while (ready.length) {
    const box = ready.shift();
    inOrder.push(box);
    for (const link of below.get(box)) {
      link.bottom.layer = Math.max(link.bottom.layer, box.layer + least(link));
      open.set(link.bottom, open.get(link.bottom) - 1);
      if (open.get(link.bottom) === 0) ready.push(link.bottom);
    }
  }
  for (const box of inOrder.reverse()) {
    if (above.get(box).length || below.get(box).length === 0) continue;
    box.layer = Math.min(...below.get(box).map((link) => link.bottom.layer - least(link)));
  }
}

/** The layers, and on each between the two ends of a long edge a place that it passes; a label is such a place. */
function fillLayers(boxes, links, labelBox) {
  const layers = Array.from({ length: Math.max(...boxes.map(({ layer }) => layer)) + 1 }, () => []);
  for (const box of boxes) layers[box.layer].push(box);
  for (const link of links) {
    link.chain = [link.top];
    const middle = Math.floor((link.top.layer + link.bottom.layer) / 2);
    for (let layer = link.top.layer + 1; layer < link.bottom.layer; layer += 1) {
      const isLabel = link.edge.label && layer === middle;
      const dummy = isLabel ? labelBox(link.edge) : boxOf(null, { width: 0, height: 0 }, "width", "height");
      if (isLabel) link.labelBox = dummy;
      dummy.layer = layer;
      dummy.isDummy = true;
      layers[layer].push(dummy);
      link.chain.push(dummy);
    }
    link.chain.push(link.bottom);
    link.chain.slice(1).forEach((box, index) => {
      box.up.push(link.chain[index]);
      link.chain[index].down.push(box);
    });
  }
  return layers.filter((layer) => layer.length);
}

/** Sweeps down and up, sorting each layer by the middle of its neighbours, and keeps the order with the fewest crossings. */
function orderLayers(layers) {
  const number = (layer) => layer.forEach((box, index) => Object.assign(box, { at: index }));
  layers.forEach(number);
  let best = { crossings: crossingsOf(layers), order: layers.map((layer) => [...layer]) };
  for (let sweep = 0; sweep < SWEEPS && best.crossings > 0; sweep += 1) {
    const side = sweep % 2 ? "down" : "up";
    for (const layer of sweep % 2 ? layers.toReversed() : layers) {
      const middle = new Map(layer.map((box) => [box, box[side].length ? mean(box[side], "at") : box.at]));
      layer.sort((a, b) => middle.get(a) - middle.get(b) || a.at - b.at);
      number(layer);
    }
    const crossings = crossingsOf(layers);
    if (crossings < best.crossings) best = { crossings, order: layers.map((layer) => [...layer]) };
  }
  best.order.forEach((order, index) => {
    layers[index].splice(0, order.length, ...order);
    number(layers[index]);
  });
}

const mean = (boxes, key) => boxes.reduce((sum, box) => sum + box[key], 0) / boxes.length;

/** How many edges cross: between two layers, pairs of ends in the wrong order, counted with a Fenwick tree. */
function crossingsOf(layers) {
  return layers.slice(1).reduce((sum, below, index) => sum + inversions(endsOf(layers[index]), below.length), 0);
}

/** Where the edges of a layer end, in the order of where they begin. */
const endsOf = (layer) => layer.flatMap((box) => box.down.map(({ at }) => at).sort((a, b) => a - b));

function inversions(ends, size) {
  const tree = new Array(size + 1).fill(0);
  let found = 0;
  ends.forEach((end, seen) => {
    let notAfter = 0;
    for (let node = end + 1; node > 0; node -= node & -node) notAfter += tree[node];
    found += seen - notAfter;
    for (let node = end + 1; node <= size; node += node & -node) tree[node] += 1;
  });
  return found;
}

/** Moves each layer as near to its neighbours as its order and its gaps allow, down and up, again and again. */
function placeAcross(layers) {
  for (const layer of layers) settle(layer, layer.map(() => 0));
  for (let pass = 0; pass < PASSES; pass += 1) {
    const side = pass % 2 ? "down" : "up";
    for (const layer of pass % 2 ? layers.toReversed() : layers) {
      settle(layer, layer.map((box) => wishOf(box, side)));
    }
  }
}

function wishOf(box, side) {
  if (box[side].length) return mean(box[side], "across");
  return box.across;
}

/** The places nearest to the wishes (least squares) that keep the order and the gaps: pool adjacent violators. */
function settle(layer, wishes) {
  const offsets = [0];
  for (let index = 1; index < layer.length; index += 1) {
    const [left, right] = [layer[index - 1], layer[index]];
    const gap = left.isDummy || right.isDummy ? GAP.dummy : GAP.node;
    offsets.push(offsets.at(-1) + (left.breadth + right.breadth) / 2 + left.beside + gap);
  }
  const blocks = [];
  wishes.forEach((wish, index) => {
    blocks.push({ sum: wish - offsets[index], count: 1 });
    while (blocks.length > 1 && value(blocks.at(-2)) > value(blocks.at(-1))) {
      const last = blocks.pop();
      blocks.at(-1).sum += last.sum;
      blocks.at(-1).count += last.count;
    }
  });
  const places = blocks.flatMap((block) => Array.from({ length: block.count }, () => value(block)));
  layer.forEach((box, index) => Object.assign(box, { across: places[index] + offsets[index] }));
}

const value = ({ sum, count }) => sum / count;

function placeAlong(layers) {
  let along = 0;
  for (const layer of layers) {
    const depth = Math.max(...layer.map((box) => box.depth));
    for (const box of layer) Object.assign(box, { along: along + depth / 2, layerDepth: depth });
    along += depth + (depth > 0 ? GAP.layer : GAP.layer / 2);
  }
}

// --- from places to a drawing ---

const MARGIN = 14;
const LOOP = 30; // px that an edge from a node to itself needs at its side

function drawn({ diagram, boxes, links, loops, layers }) {
  const isAcross = diagram.direction === "LR";
  const all = layers.flat();
  const low = Math.min(...all.map((box) => box.across - box.breadth / 2));
  const high = Math.max(...all.map((box) => box.across + box.breadth / 2 + box.beside));
  const long = Math.max(...all.map((box) => box.along + box.depth / 2));
  const point = (across, along) => {
    const [a, b] = [across - low + MARGIN, along + MARGIN];
    return isAcross ? { x: b, y: a } : { x: a, y: b };
  };
  const [breadth, depth] = [high - low + 2 * MARGIN, long + 2 * MARGIN];
  return {
    width: isAcross ? depth : breadth,
    height: isAcross ? breadth : depth,
    nodes: boxes.map((box) => ({ ...box.node, ...box.size, ...point(box.across, box.along) })),
    edges: [
      ...links.map((link) => drawnLink(link, links, { point, isAcross })),
      ...loops.map((loop) => drawnLoop(loop, point)),
    ],
  };
}

/** A curve from one node to the other through the places that the edge passes, straight where it enters and leaves. */
function drawnLink(link, links, { point, isAcross }) {
  const { chain, edge, turned, labelBox } = link;
  const stops = chain.flatMap((box, index) => {
    const across = box.isDummy ? box.across : box.across + portOf(link, box, links);
    // Beside the nodes of a layer an edge is straight: it bends between layers only.
    const half = (box.isDummy ? box.layerDepth : box.depth) / 2;
    const ends = [point(across, box.along - half), point(across, box.along + half)];
    if (index === 0) return [ends[1]];
    if (index === chain.length - 1) return [ends[0]];
    return half ? ends : [ends[0]];
  });
  const inOrder = turned ? stops.toReversed() : stops;
  const path = curve(inOrder, isAcross);
  return labelBox ? { ...edge, path, labelAt: { ...point(labelBox.across, labelBox.along), ...labelBox.size } } : { ...edge, path };
}

/** Edges leave and enter a node beside each other, in the order of where they go. */
function portOf(link, box, links) {
  const isTop = link.top === box;
  const step = ({ chain }) => (isTop ? chain[1] : chain.at(-2));
  const others = links.filter((other) => (isTop ? other.top : other.bottom) === box);
  if (others.length < 2 || box.node.shape === "diamond") return 0;
  const inOrder = others.toSorted((a, b) => step(a).across - step(b).across);
  const spread = Math.min(box.breadth * 0.5, (others.length - 1) * 16);
  return (inOrder.indexOf(link) / (others.length - 1) - 0.5) * spread;
}

function curve(stops, isAcross) {
  const text = ({ x, y }) => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
  return stops.slice(1).reduce((path, to, index) => {
    const from = stops[index];
    const [first, second] = isAcross
      ? [{ x: (from.x + to.x) / 2, y: from.y }, { x: (from.x + to.x) / 2, y: to.y }]
      : [{ x: from.x, y: (from.y + to.y) / 2 }, { x: to.x, y: (from.y + to.y) / 2 }];
    return `${path}C${text(first)} ${text(second)} ${text(to)}`;
  }, `M${text(stops[0])}`);
}

/** An edge from a node to itself leaves and enters on its side. */
function drawnLoop({ edge, box, size, reach, across }, point) {
  const side = box.across + box.breadth / 2;
  const half = Math.min(10, box.depth / 4);
  const text = (beside, along) => {
    const { x, y } = point(side + beside, box.along + along);
    return `${Math.round(x)} ${Math.round(y)}`;
  };
  const path = `M${text(0, -half)}C${text(reach, -2 * half)} ${text(reach, 2 * half)} ${text(0, half)}`;
  if (!size) return { ...edge, path };
  return { ...edge, path, labelAt: { ...point(side + reach - LOOP * 0.2 + size[across] / 2, box.along), ...size } };
}
