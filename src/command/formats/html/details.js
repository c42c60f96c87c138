/* What opens below a signature: why, where, who holds what, what the time went to, and the stacks with their source. */

const STACKS_FIRST = 3;

function listing(pairs) {
  return el('dl', {}, pairs.filter(([, value]) => value).flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

/* The lines around a frame's own. */
function sourceBlock(frame) {
  const { first, lines, changed } = frame.source;
  const code = lines.map((text, i) => el('span', { class: first + i === frame.line ? 'here' : null },
    el('i', { 'aria-hidden': 'true' }, String(first + i)), text || ' '));
  const last = data.last ? Date.parse(data.last) : Infinity;
  return [el('pre', { class: 'source', tabindex: '0', 'aria-label': `${short(frame.file)} from line ${first}` }, el('code', {}, code)),
    changed > last ? el('p', { class: 'note' }, 'The file was changed after the last stall: the lines may be others.') : null];
}

function frameItem(index, programs, open) {
  const frame = data.frames[index], kind = frameKind(frame, programs);
  const words = [el('span', { class: 'name' }, frameName(frame)), ' ', el('span', { class: 'file' }, framePlace(frame))];
  if (frame.lang && frame.lang !== 'native') words.push(' ', el('span', { class: 'tag' }, frame.lang));
  if (frame.inlined) words.push(' ', el('span', { class: 'tag' }, 'inlined'));
  const dim = kind === 'system' || kind === 'kernel' ? 'dim' : null;
  if (!frame.source) return el('li', { class: dim }, words);
  return el('li', { class: dim }, el('details', { open }, el('summary', {}, words), sourceBlock(frame)));
}

/* `shown`: the frame whose source is open. */
function frameList(frames, programs, shown) {
  return el('ol', { class: 'frames' }, frames.map((index) => frameItem(index, programs, index === shown)));
}

/* A bar of parts, each named below it. */
function shares(title, parts) {
  const whole = parts.reduce((sum, part) => sum + part.ms, 0);
  const known = parts.filter((part) => part.ms > 0).sort((a, b) => b.ms - a.ms);
  if (known.length === 0) return null;
  const pieces = known.map((part) => {
    const piece = el('i');
    piece.style.width = (part.ms * 100) / whole + '%';
    piece.style.background = `var(--${part.cause})`;
    return piece;
  });
  return el('div', {}, el('h3', {}, title), el('div', { class: 'bar', 'aria-hidden': 'true' }, pieces),
    el('ul', { class: 'parts' }, known.map((part) => el('li', {}, shape(part.cause), `${part.name} ${duration(part.ms)}`))));
}

const FIGURES = { blocking: 'blocking-call', waiting: 'nested-wait', lock: 'lock', gil: 'gil', cpu: 'cpu', starved: 'starved',
  throttled: 'starved', stolen: 'starved', paging: 'paging', stopped: 'stopped' };

function timeBars(signature) {
  const figures = Object.entries(signature.cause_ms).map(([name, ms]) => ({ name, ms, cause: FIGURES[name] || 'unknown' }));
  const times = [{ name: 'on a CPU', ms: signature.time_ms.cpu, cause: 'cpu' },
    { name: 'waiting for a CPU', ms: signature.time_ms.runqueue, cause: 'starved' },
    { name: 'blocked', ms: signature.time_ms.blocked, cause: 'blocking-call' }];
  return [shares('What the time went to', figures), shares('Where the thread was', times)];
}

function callsList(signature) {
  if (signature.calls.length < 2) return null;
  return el('div', {}, el('h3', {}, 'Calls of the longest stall'), el('ul', { class: 'calls' }, signature.calls.map((call) =>
    el('li', {}, el('span', { class: 'name' }, `${call.name}(${call.detail || ''})`), ' ',
      el('span', { class: 'file' }, duration(call.ms) + (call.count > 1 ? ` in ${call.count} calls` : ''))))));
}

function holderBlock(signature) {
  const { holder } = signature;
  if (!holder) return null;
  const whose = holder.what === 'process' ? 'process' : 'thread';
  return el('div', { class: 'whole' },
    el('h3', {}, `${holder.what === 'thread' || holder.what === 'process' ? 'Waits for' : `The ${holder.what} is held by`} ${whose} ${holder.tid} "${holder.name}"`),
    holder.command ? el('p', {}, el('code', {}, holder.command)) : null,
    holder.frames.length ? frameList(holder.frames, signature.programs, null) : null);
}

function stackBlock(signature, stack, index) {
  const samples = signature.stacks.reduce((sum, each) => sum + each.samples, 0);
  const title = `${percent(stack.samples, samples)} of the samples, ${duration(stack.ms)}`;
  return el('details', { open: index === 0 }, el('summary', {}, el('b', {}, `Stack ${index + 1}`), ` ${title}`),
    frameList(stack.frames, signature.programs, index === 0 ? signature.where : null));
}

function stacksBlock(signature) {
  if (signature.stacks.length === 0) return el('p', { class: 'note whole' }, 'No stack was taken.');
  const box = el('div', { class: 'whole' }, el('h3', {}, amount(signature.stacks.length, 'stack', 'stacks')));
  const show = (from, to) => box.append(...signature.stacks.slice(from, to).map((stack, i) => stackBlock(signature, stack, from + i)));
  show(0, STACKS_FIRST);
  const left = signature.stacks.length - STACKS_FIRST;
  if (left > 0) {
    const more = el('button', { type: 'button', onclick: () => { more.remove(); show(STACKS_FIRST); } }, `Show ${amount(left, 'stack', 'stacks')} more`);
    box.append(more);
  }
  return box;
}

function facts(signature) {
  const loop = signature.pool ? `pool "${signature.thread}"` : `thread ${signature.tid} "${signature.thread}", ${signature.wait}`;
  const process = `process ${signature.pid}${data.hosts > 1 ? ` on ${signature.host}` : ''}`;
  const first = signature.first || '', last = signature.last || '';
  return listing([
    ['Cause', `${signature.cause}: ${why(signature)}${signature.startup ? ' (start-up)' : ''}`],
    ['In', signature.programs.join(', ')],
    ['Longest', `${duration(signature.max_ms)} at ${signature.time || '?'}, ${process}, ${loop}`],
    ['Shortest', signature.count > 1 ? duration(signature.min_ms) : null],
    ['When', first === last ? first : `${first} to ${last}`],
    ['Label', signature.label],
    ['Threshold', signature.threshold ? duration(signature.threshold) : null],
    ['Counted', `${signature.counted} of ${signature.count}`],
    ['Suppressed', signature.suppressed ? `${signature.suppressed}, by ${signature.suppressed_by}` : null],
    ['Baseline', signature.baseline ? 'in it: does not count' : null],
    ['Not ended', signature.ongoing ? `${signature.ongoing} when last heard of` : null],
    ['Rule', el('code', {}, `signature:${signature.signature}`)],
  ]);
}

function detailsOf(signature) {
  return el('div', { class: 'details' },
    signature.hint ? el('p', { class: 'hint whole' }, el('b', {}, 'Hint: '), signature.hint) : null,
    facts(signature), el('div', { class: 'figures' }, timeBars(signature), callsList(signature)), holderBlock(signature), stacksBlock(signature));
}
