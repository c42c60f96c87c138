/* The report's data, how things are worded, and what the reader has chosen: the other scripts build on this one.
   They are put together in the order of html_files.c, into one script. */
'use strict';

/* Names come from programs: what would act on text (controls, marks of direction) is shown as what it is. */
function visible(key, value) {
  if (typeof value !== 'string') return value;
  return value.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => '\\x' + c.charCodeAt(0).toString(16).padStart(2, '0'));
}

const data = JSON.parse(document.getElementById('data').textContent, visible);

/* An element: properties beginning with "on" are listeners, the others attributes; children are nodes, or strings, which
   become text and never markup. */
function el(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}

const byId = (id) => document.getElementById(id);

function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

/* "80 us", "12.5 ms", "75.0 s" */
function duration(ms) {
  if (ms > 0 && ms < 0.1) return Math.round(ms * 1000) + ' us';
  if (ms < 10000) return String(Math.round(ms * 10) / 10) + ' ms';
  if (ms < 3600000) return (ms / 1000).toFixed(1) + ' s';
  return (ms / 3600000).toFixed(1) + ' h';
}

function span(ms) {
  if (ms < 60000) return duration(ms);
  const minutes = Math.round(ms / 60000), days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24;
  return [days && days + ' d', hours && hours + ' h', minutes % 60 && minutes % 60 + ' min'].filter(Boolean).join(' ');
}

const amount = (count, one, many) => count.toLocaleString('en') + ' ' + (count === 1 ? one : many);
const percent = (part, whole) => (whole > 0 ? (part * 100) / whole : 0).toFixed(1) + '%';
const clock = (ms) => new Date(ms).toISOString().slice(11, 23);
const day = (ms) => new Date(ms).toISOString().slice(0, 10);
const short = (file) => file.slice(file.lastIndexOf('/') + 1);

/* Each cause with a shape of its own, in a box of 10 by 10; hollow: notes, which do not count by themselves. */
const CAUSES = {
  'blocking-call': { path: 'M1 1H9V9H1Z' },
  cpu: { path: 'M5 .5L9.5 9H.5Z' },
  'nested-wait': { path: 'M5 0L10 5L5 10L0 5Z' },
  lock: { path: 'M5 .8A4.2 4.2 0 1 1 4.99 .8Z' },
  gil: { path: 'M.5 1H9.5L5 9.5Z' },
  mixed: { path: 'M3.5 .5H6.5V3.5H9.5V6.5H6.5V9.5H3.5V6.5H.5V3.5H3.5Z' },
  unknown: { path: 'M2.5 1H7.5L10 5L7.5 9H2.5L0 5Z' },
  pool: { path: 'M0 2H10V4H0ZM0 6H10V8H0Z' },
  starved: { path: 'M5 1.3A3.7 3.7 0 1 1 4.99 1.3Z', hollow: true },
  paging: { path: 'M1.5 1.5H8.5V8.5H1.5Z', hollow: true },
  stopped: { path: 'M1 1L9 9M9 1L1 9', hollow: true },
};
const causeOf = (name) => (Object.hasOwn(CAUSES, name) ? name : 'unknown');

function shape(cause) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  const about = CAUSES[causeOf(cause)];
  svg.setAttribute('viewBox', '-.7 -.7 11.4 11.4');
  svg.setAttribute('class', 'shape' + (about.hollow ? ' hollow' : ''));
  svg.setAttribute('aria-hidden', 'true');
  svg.style.color = `var(--${causeOf(cause)})`;
  path.setAttribute('d', about.path);
  svg.append(path);
  return svg;
}

/* Frames */
const frameName = (frame) => frame.function || (frame.module ? `[${frame.module}]` : '?');
const framePlace = (frame) => (frame.file ? frame.file + (frame.line ? ':' + frame.line : '') : frame.module || '');
const SYSTEM = /^(libc\.so|libpthread|ld-linux|libm\.so|\[vdso\]|libstdc\+\+|libgcc_s)/;

function frameKind(frame, programs) {
  if (frame.lang === 'kernel') return 'kernel';
  if (frame.file && /^(node:|<frozen )/.test(frame.file)) return 'system';
  if (frame.lang === 'python' || frame.lang === 'js') return 'script';
  if (frame.lang === 'java' || frame.lang === 'jit') return 'other';
  if (frame.module && SYSTEM.test(frame.module)) return 'system';
  if (!frame.module || programs.includes(short(frame.module))) return 'program';
  return /^lib.*\.so/.test(frame.module) ? 'library' : 'program';
}

/* Signatures */
const WITHOUT_CALL = {
  cpu: 'the program computed', starved: 'it waited for a CPU', paging: 'its memory came from disk',
  stopped: 'the process stood still', gil: "another thread held Python's lock",
};

function why(signature) {
  if (signature.cause === 'pool')
    return `all ${amount(signature.pool, 'thread', 'threads')} of the pool ${signature.thread || '?'} were busy while work waited`;
  if (!signature.call) return WITHOUT_CALL[signature.cause] || 'no one call held it';
  const many = signature.call.count > 1 ? ` × ${signature.call.count}` : '';
  return `${signature.call.name}(${signature.call.detail || ''})${many}`;
}

for (const [index, signature] of data.signatures.entries()) {
  const where = signature.where === null ? null : data.frames[signature.where];
  signature.index = index;
  signature.cause = causeOf(signature.cause);
  signature.whereName = where ? frameName(where) : '(no stack)';
  signature.wherePlace = where ? framePlace(where) : '';
  const frames = new Set(signature.stacks.flatMap((stack) => stack.frames));
  const names = [...frames].flatMap((i) => [data.frames[i].function, data.frames[i].file, data.frames[i].module]);
  signature.words = [signature.signature, signature.cause, why(signature), signature.thread, signature.label, signature.host,
    ...signature.programs, ...names].filter(Boolean).join('\n').toLowerCase();
}

/* What is chosen: a text, and the causes that are hidden. `changed` calls all who want to know. */
const choice = { text: '', hidden: new Set(), listeners: [] };
const passes = (signature) => !choice.hidden.has(signature.cause) && signature.words.includes(choice.text);
function changed() {
  for (const listener of choice.listeners) listener();
}
