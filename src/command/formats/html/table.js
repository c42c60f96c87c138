/* The table of signatures: sorted by a click on a heading, filtered with the rest of the page, each row opening below itself. */

const ROWS_FIRST = 30;

const COLUMNS = [
  { name: 'Signature', value: (s) => s.whereName.toLowerCase(), text: true },
  { name: 'Cause', value: (s) => s.cause, text: true },
  { name: 'Count', value: (s) => s.count },
  { name: 'Counted', value: (s) => s.counted },
  { name: 'Total', value: (s) => s.total_ms },
  { name: 'Longest', value: (s) => s.max_ms },
];

const table = { sort: null, down: true, shown: ROWS_FIRST, open: new Set(), built: new Map() };

function sorted() {
  const rows = data.signatures.filter(passes);
  if (table.sort === null) return rows; // as the report has them: what counts first, then by time
  const { value } = COLUMNS[table.sort], sign = table.down ? -1 : 1;
  return rows.sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : a.index - b.index));
}

function sortBy(column) {
  if (table.sort === column) table.down = !table.down;
  else [table.sort, table.down] = [column, !COLUMNS[column].text];
  drawTable();
}

function drawHead() {
  for (const [index, cell] of [...byId('head').children].entries())
    cell.setAttribute('aria-sort', table.sort !== index ? 'none' : table.down ? 'descending' : 'ascending');
}

function tags(signature) {
  const words = [signature.counted === 0 && 'not counted', signature.startup && 'start-up', signature.baseline && 'in the baseline',
    signature.suppressed > 0 && 'suppressed', signature.ongoing > 0 && 'not ended'].filter(Boolean);
  return words.flatMap((word) => [' ', el('span', { class: 'tag' }, word)]);
}

/* Built once, so that what a reader has opened within stays open when the table is drawn anew. */
function builtDetails(signature) {
  if (!table.built.has(signature)) table.built.set(signature, detailsOf(signature));
  return table.built.get(signature);
}

function row(signature) {
  const open = table.open.has(signature), most = data.signatures.reduce((sum, each) => Math.max(sum, each.total_ms), 0);
  const share = el('span', { class: 'share', 'aria-hidden': 'true' });
  share.style.width = (signature.total_ms * 100) / most + '%';
  share.style.color = `var(--${signature.cause})`;
  const button = el('button', { type: 'button', class: 'open', id: `s-${signature.signature}`, 'aria-expanded': String(open),
    onclick: () => toggle(signature) }, signature.whereName);
  const number = (label, text, extra) => el('td', { class: 'number', 'data-label': label }, text, extra);
  const first = el('tr', { class: 'row' },
    el('th', { scope: 'row' }, button, tags(signature), el('span', { class: 'place' }, signature.wherePlace)),
    el('td', {}, el('span', { class: 'cause' }, shape(signature.cause), signature.cause), el('span', { class: 'place' }, why(signature))),
    number('count', signature.count.toLocaleString('en')), number('counted', signature.counted.toLocaleString('en')),
    number('total', duration(signature.total_ms), share), number('longest', duration(signature.max_ms)));
  const below = el('tr', { hidden: !open }, el('td', { colspan: COLUMNS.length }, open ? builtDetails(signature) : null));
  return [first, below];
}

function toggle(signature) {
  if (!table.open.delete(signature)) table.open.add(signature);
  drawTable();
  byId(`s-${signature.signature}`)?.focus();
}

function drawTable() {
  const rows = sorted(), shown = rows.slice(0, table.shown), left = rows.length - shown.length;
  drawHead();
  fill(byId('rows'), shown.flatMap(row));
  byId('more-rows').hidden = left <= 0;
  byId('more-rows').textContent = `Show ${amount(left, 'signature', 'signatures')} more`;
  const cut = data.signature_count - data.signatures.length;
  byId('rows-note').textContent = rows.length === 0 ? 'Nothing matches the filter.'
    : cut > 0 ? `${amount(cut, 'signature', 'signatures')} with less time are left out of this page; --format json has all.` : '';
  byId('filtered').textContent = rows.length === data.signatures.length ? ''
    : `${rows.length} of ${amount(data.signatures.length, 'signature', 'signatures')}`;
}

/* From elsewhere on the page: opens a signature and goes there. */
function openSignature(signature) {
  table.open.add(signature);
  table.shown = Math.max(table.shown, sorted().indexOf(signature) + 1);
  drawTable();
  const button = byId(`s-${signature.signature}`);
  button?.scrollIntoView({ block: 'center' });
  button?.focus();
}

function buildTable() {
  byId('signatures').hidden = data.signatures.length === 0;
  fill(byId('head'), COLUMNS.map(({ name, text }, index) => el('th', { scope: 'col', class: text ? null : 'number' },
    el('button', { type: 'button', onclick: () => sortBy(index) }, name))));
  byId('more-rows').addEventListener('click', () => { table.shown += 100; drawTable(); });
  choice.listeners.push(drawTable);
  if (data.signatures.length === 1) table.open.add(data.signatures[0]);
  drawTable();
}
