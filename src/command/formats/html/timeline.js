/* The time line: a lane for each loop, a bar for each of its stalls, drawn on canvases since there may be a hundred thousand.
   What is drawn can be reached by mouse, by finger and by keyboard; the line below says the stall that is chosen. */

const LANES_FIRST = 20;
const LANE_HEIGHT = 46, AXIS_HEIGHT = 22, HEAD = 11;

const line = {
  lanes: [], // { loop, canvas, element, points: [{ at, ms, signature, counted, ongoing, loop }] }
  all: [0, 1], view: [0, 1], // ms since 1970
  chosen: null, lane: 0, shortest: 1, longest: 1, colours: {}, shapes: {}, shown: LANES_FIRST,
};

function pointsOf(loop) {
  return loop.points.map(([at, ms, index, flags]) =>
    ({ at, ms, signature: data.signatures[index], counted: Boolean(flags & 1), ongoing: Boolean(flags & 2), loop }));
}

/* What a lane is, in three lines. */
function laneWords(loop) {
  const stalls = loop.stalls ? `${amount(loop.stalls, 'stall', 'stalls')}, ${duration(loop.total)}` : 'no stall';
  if (loop.program === null) return ['all other loops', '', stalls];
  const thread = loop.wait === '' ? `pool "${loop.thread}"` : loop.tid === loop.pid ? `"${loop.thread}"` : `thread ${loop.tid} "${loop.thread}"`;
  const figures = [loop.wait, loop.iterations && `busy ${percent(loop.busy, loop.busy + loop.idle)}, p99 ${duration(loop.p99)}`];
  return [`${loop.program} ${loop.pid}`, [thread, data.hosts > 1 && loop.host].filter(Boolean).join(' on '),
    [...figures, stalls].filter(Boolean).join(', ')];
}

function describe(point) {
  const notes = [point.ongoing && 'not ended', !point.counted && 'not counted'].filter(Boolean);
  return `${duration(point.ms)} ${point.signature.cause}: ${why(point.signature)}, at ${clock(point.at)} on ${day(point.at)}` +
    `, in ${point.signature.whereName}${notes.length ? ` (${notes.join(', ')})` : ''}`;
}

/* Drawing */

function scale(canvas, height) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width };
}

const xOf = (at, width) => ((at - line.view[0]) / (line.view[1] - line.view[0])) * width;

/* From the shortest to the longest, but over a factor of ten at least: what is nearly as long is nearly as high. */
function barHeight(ms) {
  const least = 6, room = LANE_HEIGHT - HEAD - least - 1, span = Math.log(Math.max(10, line.longest / line.shortest));
  return least + room * Math.min(1, Math.max(0, 1 - Math.log(line.longest / ms) / span));
}

function drawShape(context, cause, x, y, colour) {
  const path = (line.shapes[cause] ||= new Path2D(CAUSES[cause].path));
  context.save();
  context.translate(x - 4, y);
  context.scale(0.8, 0.8);
  context.lineWidth = 1.6;
  if (!CAUSES[cause].hollow) context.fill(path);
  context.strokeStyle = colour;
  context.stroke(path);
  context.restore();
}

function drawLane(lane) {
  const { context, width } = scale(lane.canvas, LANE_HEIGHT);
  let lastHead = -99;
  context.fillStyle = line.colours.line;
  context.fillRect(0, LANE_HEIGHT - 1, width, 1);
  for (const point of lane.points) {
    const x = xOf(point.at, width), end = xOf(point.at + point.ms, width);
    if (end < -4 || x > width + 4) continue;
    const shown = passes(point.signature), cause = point.signature.cause;
    const height = barHeight(point.ms), wide = Math.max(2.5, end - x), top = LANE_HEIGHT - 1 - height;
    const colour = shown ? line.colours[cause] : line.colours.line;
    context.globalAlpha = shown && !CAUSES[cause].hollow ? 1 : 0.55;
    context.fillStyle = colour;
    context.fillRect(x, top, wide, height);
    context.globalAlpha = 1;
    if (shown && x - lastHead > 10) {
      drawShape(context, cause, x + Math.min(wide, width - x) / 2, top - HEAD + 1, colour);
      lastHead = x;
    }
    if (point === line.chosen) {
      context.strokeStyle = line.colours.text;
      context.lineWidth = 2;
      context.strokeRect(x - 2, Math.max(1, top - HEAD), wide + 4, Math.min(LANE_HEIGHT - 2, height + HEAD));
    }
  }
}

function drawAxis() {
  const { context, width } = scale(line.axis, AXIS_HEIGHT);
  const [from, to] = line.view;
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5,
    216e5, 432e5, 864e5, 1728e5, 6048e5, 2592e6, 7776e6, 31536e6];
  const step = steps.find((ms) => (to - from) / ms <= Math.max(2, width / 120)) || steps[steps.length - 1];
  context.fillStyle = line.colours.faint;
  context.font = '11px system-ui, sans-serif';
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const x = xOf(at, width);
    const text = step >= 864e5 ? day(at) : step >= 6e4 ? (at % 864e5 === 0 ? day(at) : clock(at).slice(0, 5))
      : step >= 1e3 ? clock(at).slice(0, 8) : clock(at);
    context.fillRect(x, AXIS_HEIGHT - 5, 1, 5);
    context.fillText(text, Math.min(x + 3, width - context.measureText(text).width), AXIS_HEIGHT - 8);
  }
}

let drawing = false;
function draw() {
  if (drawing || line.lanes.length === 0) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawAxis();
    for (const lane of line.lanes) if (!lane.element.hidden) drawLane(lane);
  });
}

/* Canvases know no variables: each colour is asked of an element that has it. */
function readColours() {
  const probe = el('i');
  document.body.append(probe);
  for (const name of [...Object.keys(CAUSES), 'line', 'text', 'faint']) {
    probe.style.color = `var(--${name})`;
    line.colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  draw();
}

/* Zoom */

function setView(from, to) {
  const [first, last] = line.all, least = 5;
  let width = Math.min(Math.max(to - from, least), last - first);
  let start = Math.min(Math.max(from, first), last - width);
  line.view = [start, start + width];
  draw();
}

function zoom(factor, around) {
  const [from, to] = line.view, at = around ?? (line.chosen && inView(line.chosen) ? line.chosen.at : (from + to) / 2);
  setView(at - (at - from) * factor, at + (to - at) * factor);
}

function pan(share) {
  const [from, to] = line.view;
  setView(from + (to - from) * share, to + (to - from) * share);
}

const inView = (point) => point.at >= line.view[0] && point.at <= line.view[1];

/* Choosing */

function choose(point) {
  line.chosen = point;
  for (const [index, lane] of line.lanes.entries()) {
    const here = point !== null && lane.loop === point.loop;
    lane.element.classList.toggle('at', here);
    if (here) line.lane = index;
  }
  if (point === null) fill(byId('chosen'));
  else {
    if (!inView(point)) {
      const half = (line.view[1] - line.view[0]) / 2;
      setView(point.at - half, point.at + half);
    }
    line.lanes[line.lane].element.scrollIntoView({ block: 'nearest' });
    fill(byId('chosen'), shape(point.signature.cause), el('span', {}, describe(point)),
      el('button', { type: 'button', onclick: () => openSignature(point.signature) }, 'Details'));
  }
  draw();
}

/* The nearest stall in a lane; in the direction of `step` behind `at`, or nearest of all where it is 0. */
function nearest(lane, at, step) {
  let best = null;
  for (const point of lane.points) {
    if (!passes(point.signature) || (step !== 0 && (point.at - at) * step <= 0)) continue;
    if (best === null || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
  }
  return best;
}

function move(step) {
  const lane = line.lanes[line.lane];
  if (line.chosen === null) choose(nearest(lane, line.view[0], 0));
  else choose(nearest(lane, line.chosen.at, step) || line.chosen);
}

function changeLane(step) {
  for (let at = line.lane + step; at >= 0 && at < line.lanes.length; at += step) {
    if (line.lanes[at].element.hidden) return;
    const point = nearest(line.lanes[at], line.chosen ? line.chosen.at : line.view[0], 0);
    if (point !== null) return choose(point);
  }
}

function onKey(event) {
  const keys = {
    ArrowRight: () => move(1), ArrowLeft: () => move(-1), ArrowDown: () => changeLane(1), ArrowUp: () => changeLane(-1),
    '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2),
    Home: () => choose(line.lanes[line.lane].points.find((point) => passes(point.signature)) || null),
    End: () => choose(line.lanes[line.lane].points.findLast((point) => passes(point.signature)) || null),
    PageDown: () => pan(0.5), PageUp: () => pan(-0.5),
    Enter: () => line.chosen && openSignature(line.chosen.signature),
    Escape: () => { setView(...line.all); choose(null); },
  };
  if (event.altKey || event.ctrlKey || event.metaKey || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
}

/* The stall under a point of the screen: the tallest bar within some pixels. */
function under(event) {
  const lane = line.lanes.find(({ canvas }) => canvas === event.target);
  if (!lane) return null;
  const box = lane.canvas.getBoundingClientRect(), x = event.clientX - box.left;
  let best = null, distance = 7;
  for (const point of lane.points) {
    if (!passes(point.signature)) continue;
    const from = xOf(point.at, box.width), to = Math.max(from + 2.5, xOf(point.at + point.ms, box.width));
    const away = Math.max(0, from - x, x - to);
    if (away < distance || (away === distance && best && point.ms > best.ms)) [best, distance] = [point, away];
  }
  return best;
}

function showTip(event, text) {
  const tip = byId('tip');
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 12, innerWidth - box.width - 8)) + 'px';
  tip.style.top = (event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 18) + 'px';
}

/* A drag across a lane is a stretch to zoom to; a click chooses. */
function watchPointer(lanes) {
  let from = null, brush = null;
  const timeAt = (event) => {
    const box = line.axis.getBoundingClientRect();
    return line.view[0] + ((event.clientX - box.left) / box.width) * (line.view[1] - line.view[0]);
  };
  const stop = () => { brush?.remove(); from = brush = null; };
  lanes.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && event.target.tagName === 'CANVAS') from = { x: event.clientX, at: timeAt(event) };
  });
  lanes.addEventListener('pointermove', (event) => {
    if (from === null || Math.abs(event.clientX - from.x) < 6) {
      const point = under(event);
      return showTip(event, point && describe(point));
    }
    showTip(event, null);
    if (brush === null) {
      brush = el('div', { class: 'brush' });
      lanes.append(brush);
      lanes.setPointerCapture(event.pointerId);
    }
    const left = lanes.getBoundingClientRect().left, axis = line.axis.getBoundingClientRect();
    const at = Math.min(Math.max(event.clientX, axis.left), axis.right);
    brush.style.left = Math.min(at, from.x) - left + 'px';
    brush.style.width = Math.abs(at - from.x) + 'px';
  });
  lanes.addEventListener('pointerup', (event) => {
    if (brush !== null) setView(Math.min(from.at, timeAt(event)), Math.max(from.at, timeAt(event)));
    else if (from !== null) choose(under(event));
    stop();
  });
  lanes.addEventListener('pointercancel', stop);
  lanes.addEventListener('pointerleave', (event) => showTip(event, null));
  lanes.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return; // the page scrolls
    event.preventDefault();
    if (event.shiftKey) pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
    else zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event));
  }, { passive: false });
}

/* Building */

function showLanes() {
  for (const [index, lane] of line.lanes.entries()) lane.element.hidden = index >= line.shown;
  const left = line.lanes.length - line.shown, more = byId('more-lanes');
  more.hidden = left <= 0;
  more.textContent = `Show ${amount(left, 'loop', 'loops')} more`;
  draw();
}

function timelineNote() {
  const kept = line.lanes.reduce((sum, lane) => sum + lane.points.length, 0);
  const all = data.loops.reduce((sum, loop) => sum + loop.stalls, 0);
  if (kept === all) return '';
  return `The longest ${amount(kept, 'stall is', 'stalls are')} drawn of ${all.toLocaleString('en')}; the figures and the flame graph have all.`;
}

function buildTimeline() {
  line.lanes = data.loops.map((loop) => {
    const canvas = el('canvas', { 'aria-hidden': 'true' }), [name, thread, figures] = laneWords(loop);
    const who = el('div', { class: 'who' }, el('b', {}, name), el('span', {}, thread), el('span', {}, figures));
    return { loop, canvas, element: el('div', { class: 'lane' }, who, canvas), points: pointsOf(loop) };
  });
  const points = line.lanes.flatMap((lane) => lane.points);
  if (points.length === 0) {
    line.lanes = [];
    byId('timeline').hidden = true;
    return;
  }
  const first = points.reduce((least, point) => Math.min(least, point.at), Infinity);
  const last = points.reduce((most, point) => Math.max(most, point.at + point.ms), 0);
  const margin = Math.max(20, (last - first) * 0.02);
  line.all = line.view = [first - margin, last + margin];
  line.longest = points.reduce((most, point) => Math.max(most, point.ms), 0.001);
  line.shortest = Math.max(0.001, points.reduce((least, point) => Math.min(least, point.ms), line.longest));
  line.axis = el('canvas', { 'aria-hidden': 'true' });
  fill(byId('lanes'), el('div', { class: 'lane axis' }, el('div', { class: 'who' }), line.axis), line.lanes.map((lane) => lane.element));
  byId('timeline-note').textContent = timelineNote();
  byId('lanes').addEventListener('keydown', onKey);
  byId('more-lanes').addEventListener('click', () => { line.shown += 60; showLanes(); });
  const actions = { in: () => zoom(0.5), out: () => zoom(2), earlier: () => pan(-0.4), later: () => pan(0.4), all: () => setView(...line.all) };
  for (const button of byId('timeline').querySelectorAll('[data-do]')) button.addEventListener('click', actions[button.dataset.do]);
  watchPointer(byId('lanes'));
  new ResizeObserver(draw).observe(byId('lanes'));
  choice.listeners.push(draw);
  showLanes();
}
