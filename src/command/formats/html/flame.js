/* The flame graph: all samples of the signatures shown, the outermost frame on top, as wide as the time of the stalls that
   it was in. An element for each frame that is wide enough to be seen, so that a reader's own tools find it. */

const ROW = 22, NARROWEST = 0.0015;

const flame = { root: null, zoomed: null, focus: null, search: '', shown: new Map() };

function node(name, frame, kind, parent) {
  return { name, frame, kind, parent, depth: parent ? parent.depth + 1 : 0, ms: 0, children: new Map(), found: false };
}

function child(parent, key, make) {
  let found = parent.children.get(key);
  if (!found) parent.children.set(key, (found = make()));
  return found;
}

function addStack(root, signature, frames, ms) {
  const program = signature.programs[0] || '?';
  let at = root;
  at.ms += ms;
  at = child(at, program, () => node(program, null, 'root', root));
  at.ms += ms;
  for (const index of frames) {
    const frame = data.frames[index], parent = at, name = frameName(frame);
    const key = [name, frame.file || frame.module, frame.lang].join('\n');
    at = child(parent, key, () => node(name, frame, frameKind(frame, signature.programs), parent));
    at.ms += ms;
  }
}

function buildTree() {
  const root = node('all', null, 'root', null);
  for (const signature of data.signatures.filter(passes)) {
    for (const stack of signature.stacks) addStack(root, signature, stack.frames.toReversed(), stack.ms);
    if (signature.stackless > 0) addStack(root, signature, [], signature.stackless);
  }
  flame.root = flame.zoomed = flame.focus = root;
}

const path = (at) => (at === null ? [] : [...path(at.parent), at]);
const inOrder = (at) => [...at.children.values()].sort((a, b) => b.ms - a.ms || (a.name < b.name ? -1 : 1));

/* Places of the frames to be drawn, as parts of the whole width. */
function layout() {
  const places = new Map();
  const put = (at, left, width) => {
    places.set(at, { left, width });
    let x = left;
    for (const below of inOrder(at)) {
      const part = (below.ms / flame.zoomed.ms) || 0;
      if (part >= NARROWEST) put(below, x, part);
      x += part;
    }
  };
  for (const above of path(flame.zoomed.parent)) places.set(above, { left: 0, width: 1 });
  put(flame.zoomed, 0, 1);
  return places;
}

function frameLabel(at) {
  const place = at.frame ? framePlace(at.frame) : '';
  return `${at.name}${place ? ', ' + place : ''}: ${duration(at.ms)}, ${percent(at.ms, flame.root.ms)} of all`;
}

function elementFor(at, place) {
  const siblings = at.parent ? inOrder(at.parent) : [at];
  const thin = place.width * byId('graph').clientWidth < 14;
  const element = el('div', {
    role: 'treeitem', 'aria-level': at.depth + 1, 'aria-setsize': siblings.length, 'aria-posinset': siblings.indexOf(at) + 1,
    'aria-expanded': at.children.size ? 'true' : null, 'aria-selected': String(at === flame.focus), 'aria-label': frameLabel(at),
    tabindex: at === flame.focus ? '0' : '-1',
    class: `k-${at.kind}${thin ? ' thin' : ''}${at.depth < flame.zoomed.depth ? ' past' : ''}${at.found ? ' found' : ''}`,
  }, thin ? '' : at.name);
  element.style.left = place.left * 100 + '%';
  element.style.width = place.width * 100 + '%';
  element.style.top = at.depth * ROW + 'px';
  return element;
}

function drawFlame(keepFocus) {
  const graph = byId('graph'), places = layout();
  if (!places.has(flame.focus)) flame.focus = flame.zoomed;
  flame.shown.clear();
  let deepest = 0;
  const elements = [...places].map(([at, place]) => {
    const element = elementFor(at, place);
    flame.shown.set(element, at);
    deepest = Math.max(deepest, at.depth);
    return element;
  });
  const spacer = el('p', { 'aria-hidden': 'true', role: 'presentation' });
  spacer.style.height = (deepest + 1) * ROW + 'px';
  fill(graph, elements, spacer);
  if (keepFocus) elementOf(flame.focus)?.focus();
  drawCrumbs();
  drawMatches();
}

function elementOf(wanted) {
  for (const [element, at] of flame.shown) if (at === wanted) return element;
  return null;
}

function drawCrumbs() {
  const above = path(flame.zoomed);
  fill(byId('crumbs'), above.length < 2 ? [] : above.map((at) => el('button', {
    type: 'button', 'aria-current': at === flame.zoomed ? 'true' : null, onclick: () => zoomTo(at, false),
  }, at.name)));
}

/* Search: what a name or a file has of the text. Time is counted once where one match is inside another. */
function mark(at, text, inside) {
  at.found = text !== '' && at.parent !== null && (at.name + '\n' + (at.frame ? framePlace(at.frame) : '')).toLowerCase().includes(text);
  let ms = at.found && !inside ? at.ms : 0, count = at.found ? 1 : 0;
  for (const below of at.children.values()) {
    const more = mark(below, text, inside || at.found);
    ms += more.ms;
    count += more.count;
  }
  return { ms, count };
}

function drawMatches() {
  if (flame.search === '') return fill(byId('matches'));
  const { ms, count } = mark(flame.zoomed, flame.search, false);
  const whole = flame.zoomed === flame.root ? 'all' : flame.zoomed.name;
  fill(byId('matches'), `${amount(count, 'frame matches', 'frames match')}: ${duration(ms)}, ${percent(ms, flame.zoomed.ms)} of ${whole}.`);
}

function search(text) {
  flame.search = text.trim().toLowerCase();
  mark(flame.root, flame.search, false);
  drawFlame(false);
}

function zoomTo(at, keepFocus) {
  flame.zoomed = flame.focus = at;
  drawFlame(keepFocus);
  say(at);
}

function say(at) {
  fill(byId('frame'), at ? frameLabel(at) : null);
}

function focusOn(at) {
  const before = elementOf(flame.focus), now = elementOf(at);
  if (!now) return;
  before?.setAttribute('tabindex', '-1');
  before?.setAttribute('aria-selected', 'false');
  now.setAttribute('tabindex', '0');
  now.setAttribute('aria-selected', 'true');
  flame.focus = at;
  now.focus();
  say(at);
}

/* The next frame at the same depth that is drawn. */
function beside(step) {
  const level = [...flame.shown.values()].filter((at) => at.depth === flame.focus.depth);
  return level[level.indexOf(flame.focus) + step];
}

function onFlameKey(event) {
  const keys = {
    ArrowDown: () => focusOn(inOrder(flame.focus)[0]),
    ArrowUp: () => flame.focus.parent && focusOn(flame.focus.parent),
    ArrowRight: () => focusOn(beside(1)),
    ArrowLeft: () => focusOn(beside(-1)),
    Home: () => focusOn(flame.root),
    Enter: () => zoomTo(flame.focus, true),
    ' ': () => zoomTo(flame.focus, true),
    Escape: () => zoomTo(flame.root, true),
  };
  if (event.altKey || event.ctrlKey || event.metaKey || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}

function buildFlame() {
  const graph = byId('graph');
  const kinds = { program: 'the program', library: 'libraries', system: 'libc and its like', script: 'Python, JavaScript',
    other: 'other run-time code', kernel: 'kernel' };
  fill(byId('kinds'), Object.entries(kinds).map(([kind, words]) => el('li', { class: `k-${kind}` }, el('i'), words)));
  const rebuild = () => {
    buildTree();
    search(byId('search').value);
    say(null);
  };
  rebuild();
  byId('flame').hidden = flame.root.ms === 0;
  graph.addEventListener('click', (event) => flame.shown.has(event.target) && zoomTo(flame.shown.get(event.target), true));
  graph.addEventListener('keydown', onFlameKey);
  graph.addEventListener('pointermove', (event) => showTip(event, flame.shown.has(event.target) && frameLabel(flame.shown.get(event.target))));
  graph.addEventListener('pointerleave', (event) => showTip(event, null));
  byId('search').addEventListener('input', (event) => search(event.target.value));
  byId('search').addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.target.value = '';
    search('');
  });
  byId('reset').addEventListener('click', () => zoomTo(flame.root, false));
  choice.listeners.push(rebuild);
  new ResizeObserver(() => drawFlame(graph.contains(document.activeElement))).observe(byId('flame'));
}
