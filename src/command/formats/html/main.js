/* The head of the page, its filter and its theme; then everything is built. */

/* From the first record to the last, or to the end of the stall that began by then and ended last. */
function when() {
  if (!data.first) return null;
  const ends = data.loops.flatMap((loop) => loop.points.map(([at, ms]) => at + ms));
  const from = Date.parse(data.first), to = ends.reduce((most, end) => Math.max(most, end), Date.parse(data.last));
  const end = day(from) === day(to) ? clock(to) : `${day(to)} ${clock(to)}`;
  return `${span(to - from)} from ${day(from)} ${clock(from)} to ${end} UTC`;
}

function verdict() {
  if (data.counted > 0) return [`${amount(data.counted, 'stall', 'stalls')} counted`, false];
  return [data.stalls + data.pools > 0 ? 'No stall counted' : 'No stalls', true];
}

/* The longest, in a sentence. */
function lead() {
  const worst = data.signatures.reduce((most, each) => (most && most.max_ms >= each.max_ms ? most : each), null);
  if (!worst) return null;
  const where = worst.where === null ? '' : `, in ${worst.whereName}${worst.wherePlace ? ` (${worst.wherePlace})` : ''}`;
  return ['The longest: ', el('b', {}, duration(worst.max_ms)), ', ', shape(worst.cause), ` ${worst.cause}, ${why(worst)}${where}. `,
    el('button', { type: 'button', onclick: () => openSignature(worst) }, 'Details')];
}

function buildHead() {
  const [words, passed] = verdict();
  const total = data.signatures.reduce((sum, signature) => sum + signature.total_ms, 0);
  const figures = [
    ['Stalls', data.stalls.toLocaleString('en')], ['Full pools', data.pools && data.pools.toLocaleString('en')],
    ['Time in them', total && duration(total)],
    ['Signatures', data.signature_count && data.signature_count.toLocaleString('en')],
    ['Loops', data.loops.length && data.loops.length.toLocaleString('en')],
    ['Processes', data.processes.toLocaleString('en')], ['Hosts', data.hosts.toLocaleString('en')],
    ['Span', when()],
  ].filter(([, value]) => value);
  fill(byId('verdict'), el('span', { class: `badge ${passed ? 'good' : 'bad'}` }, passed ? '✓ Passed' : '✕ Failed'), words);
  fill(byId('lead'), lead());
  fill(byId('facts'), figures.map(([name, value]) =>
    el('div', { class: name === 'Span' ? 'wide' : null }, el('dt', {}, name), el('dd', {}, value))));
  byId('notes').textContent = [
    data.suppressed && `${data.suppressed} suppressed`, data.known && `${data.known} in the baseline`,
    data.ongoing && `${data.ongoing} not ended when last heard of`,
    data.lost && `${amount(data.lost, 'report line', 'report lines')} could not be written by the programs`,
  ].filter(Boolean).join('; ');
  byId('maker').textContent = `stallwatch ${data.version}`;
}

function buildFilter() {
  const counts = new Map();
  for (const { cause, count } of data.signatures) counts.set(cause, (counts.get(cause) || 0) + count);
  fill(byId('causes'), Object.keys(CAUSES).filter((cause) => counts.has(cause)).map((cause) => {
    const button = el('button', { type: 'button', 'aria-pressed': 'true' }, shape(cause), `${cause} ${counts.get(cause).toLocaleString('en')}`);
    button.addEventListener('click', () => {
      if (!choice.hidden.delete(cause)) choice.hidden.add(cause);
      button.setAttribute('aria-pressed', String(!choice.hidden.has(cause)));
      changed();
    });
    return button;
  }));
  const take = (text) => {
    choice.text = text.trim().toLowerCase();
    changed();
  };
  byId('filter').addEventListener('input', (event) => take(event.target.value));
  byId('filter').addEventListener('keydown', (event) => {
    if (event.key === 'Escape') take((event.target.value = ''));
  });
  document.querySelector('.filters').hidden = data.signatures.length === 0;
}

function buildTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)'), button = byId('theme');
  let dark = system.matches;
  const show = () => {
    button.textContent = dark ? 'Light' : 'Dark';
    readColours();
  };
  system.addEventListener('change', () => {
    if (!document.documentElement.dataset.theme) dark = system.matches;
    show();
  });
  button.addEventListener('click', () => {
    dark = !dark;
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    show();
  });
  show();
}

/* Paper has no buttons: what would be opened is open, as far as anybody would read. */
function watchPrinting() {
  let before = null;
  addEventListener('beforeprint', () => {
    before = new Set(table.open);
    for (const signature of sorted().slice(0, 20)) table.open.add(signature);
    drawTable();
    readColours();
  });
  addEventListener('afterprint', () => {
    table.open = before;
    drawTable();
    readColours();
  });
}

buildHead();
buildFilter();
buildTable();
buildTimeline();
buildFlame();
buildTheme();
watchPrinting();
