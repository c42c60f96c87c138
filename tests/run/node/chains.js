// A program whose stack is known at each moment: `node chains.js SECONDS LOG`. Each stalling turn goes down a chain of
// functions and blocks or computes in the last; LOG has a line of JSON for each such turn: from when to
// when its stack was what (function and lines that it may be at, innermost first). Between them the same functions run hot, are compiled, and given up again.
'use strict';

const fs = require('fs');

const cell = new Int32Array(new SharedArrayBuffer(4));
const letters = 'abcd';
const MS = 8;
let mode = 'run';
let entered = 0;
let until = 0;
let kept = 0;

function step(i) {
  let sum = 0; // step begin
  for (let j = 0; j < 40; j++) { // step
    sum ^= i * j; // step body
  }
  return sum; // step end
}

// One loop in another, of another function.
function nest() {
  while (Date.now() < until) { // nest while
    for (let i = 0; i < 200; i++) { // nest for
      kept += step(i); // nest step
    }
  }
}

function before() {
  for (let i = 0; i < 3; i++) { // before
    kept ^= i;
  }
}

function after() {
  for (let i = 0; i < 3; i++) { // after
    kept ^= step(i);
  }
}

// Loops of others stand before its own and behind it.
function between() {
  before();
  while (Date.now() < until) { // between
    kept++; // between body
  }
  after();
}

function leaf(chain) {
  kept += chain.length;
  if (mode !== 'run') {
    entered = Date.now();
    until = mode === 'warm' ? 0 : entered + MS;
  }
  if (mode === 'nest') {
    nest(); // leaf nest
  } else if (mode === 'between' || mode === 'warm') {
    between(); // leaf between
  }
  if (mode === 'wait') {
    Atomics.wait(cell, 0, 0, MS); // leaf wait
  }
  while (mode === 'spin' && Date.now() < until) { // leaf spin
    kept++; // leaf spin body
  }
  return 1;
}

function a(chain, i) {
  switch (chain[i]) {
    case 'a': return a(chain, i + 1) + 1; // a a
    case 'b': return b(chain, i + 1) + 2; // a b
    case 'c': return c(chain, i + 1) + 3; // a c
    case 'd': return d(chain, i + 1) + 4; // a d
  }
  return leaf(chain) + 5; // a leaf
}

function b(chain, i) {
  const next = chain[i];
  if (next === 'a') {
    return a(chain, i + 1) + 1; // b a
  }
  if (next === 'b') {
    return b(chain, i + 1) + 1; // b b
  }
  const rest = next === 'c'
    ? c(chain, i + 1) // b c
    : next === 'd'
      ? d(chain, i + 1) // b d
      : leaf(chain); // b leaf
  return rest + 1;
}

const c = (chain, i) => {
  let sum = kept & 1;
  for (const letter of chain.slice(i, i + 1)) {
    if (letter === 'a') sum += a(chain, i + 1); // c a
    if (letter === 'b') sum += b(chain, i + 1); // c b
    if (letter === 'c') sum += c(chain, i + 1); // c c
    if (letter === 'd') sum += d(chain, i + 1); // c d
  }
  if (i === chain.length) sum += leaf(chain); // c leaf
  return sum;
};

function d(chain, i) {
  try {
    switch (chain[i]) {
      case 'a': return a(chain, i + 1); // d a
      case 'b': return b(chain, i + 1); // d b
      case 'c': return c(chain, i + 1); // d c
      case 'd': return d(chain, i + 1); // d d
      default: return leaf(chain); // d leaf
    }
  } finally {
    kept++;
  }
}

function start(chain) {
  return a(chain, 1); // start
}

const [seconds, log] = process.argv.slice(2);
const lines = fs.readFileSync(__filename, 'utf8').split('\n');
const lineOf = (mark) => lines.findIndex((line) => line.endsWith(`// ${mark}`)) + 1;
const end = Date.now() + seconds * 1000;
const entries = [];
let random = 12345;

function pick(count) {
  random = (random * 1103515245 + 12345) % 2147483648;
  return Math.floor(random / 65536) % count;
}

function someChain() {
  // A string at times, so that what was compiled for arrays is given up.
  const chain = ['a'];
  for (let i = pick(6); i > 0; i--) {
    chain.push(letters[pick(4)]);
  }
  return pick(8) === 0 ? chain.join('') : chain;
}

function stackOf(chain, way) {
  const names = [...chain, 'leaf'];
  const stack = [['start', lineOf('start')]];
  for (let i = 0; i + 1 < names.length; i++) {
    stack.unshift([names[i], lineOf(`${names[i]} ${names[i + 1]}`)]);
  }
  // Not compiled yet, or no more, a function is at each of its lines.
  stack.unshift(way === 'spin' ? ['leaf', lineOf('leaf spin'), lineOf('leaf spin body')] : ['leaf', lineOf(`leaf ${way}`)]);
  if (way === 'nest') {
    stack.unshift(['step', lineOf('step'), lineOf('step begin'), lineOf('step body'), lineOf('step end')],
      ['nest', lineOf('nest while'), lineOf('nest for'), lineOf('nest step')]);
  } else if (way === 'between') {
    stack.unshift(['between', lineOf('between'), lineOf('between body')]);
  }
  return stack;
}

function stall() {
  const chain = someChain();
  const way = ['wait', 'spin', 'nest', 'between'][pick(4)];
  mode = way;
  kept += start(chain);
  mode = 'run';
  entries.push({ entered, until, way, stack: stackOf(chain, way) });
  setTimeout(Date.now() < end ? warm : finish, 6);
}

function warm() {
  mode = ['run', 'warm'][pick(2)];
  for (let i = pick(4) === 0 ? 300 : 3; i > 0; i--) {
    kept += start(someChain());
  }
  nest();
  mode = 'run';
  setTimeout(stall, 6);
}

function finish() {
  fs.writeFileSync(log, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  fs.writeSync(1, 'done\n');
}

setTimeout(warm, 20);
