// What blocks node's loop, one way for each name: `node stalls.js WAY [FILE]`. The tests (test_node.py) look for the
// function that the way is called after, at the line that says HERE.
'use strict';

const childProcess = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const workers = require('worker_threads');
const zlib = require('zlib');

const MS = 300;
const text = process.argv[2] === 'parse' ? '[' + Array(500000).fill('{"a":[1,2,{"b":"c"}]}').join(',') + ']' : '';
const bytes = process.argv[2] === 'zip' ? crypto.randomBytes(8000000) : null;
let kept = 0;

const ways = {
  busy: function busyLoop() {
    const end = Date.now() + MS;
    while (Date.now() < end) { // HERE busy
      kept++;
    }
  },
  parse: function parseText() {
    kept += JSON.parse(text).length; // HERE parse
  },
  regex: function matchAll() {
    kept += /^(a+)+$/.test('a'.repeat(24) + 'b'); // HERE regex
  },
  read: function readFifo(file) {
    fs.writeSync(1, 'reads\n');
    kept += fs.readFileSync(file).length; // HERE read
  },
  exec: function runCommand() {
    kept += childProcess.execSync('sleep 0.3; echo done').length; // HERE exec
  },
  pbkdf2: function deriveKey() {
    kept += crypto.pbkdf2Sync('secret', 'salt', 300000, 64, 'sha512')[0]; // HERE pbkdf2
  },
  atomics: function waitForOther() {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(cell, 0, 0, MS); // HERE atomics
  },
  zip: function compress() {
    kept += zlib.deflateSync(bytes, { level: 9 }).length; // HERE zip
  },
  method: function callMethod() {
    class Shop {
      #orders = 0;
      sellAll() {
        return waitHere(this.#orders); // HERE method
      }
    }
    new Shop().sellAll();
  },
  wasm: function callWasm() {
    // (module (import "js" "wait" (func $wait)) (func $work (export "work") (call $wait))), with its names
    const code = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 11, 1, 2, 106, 115, 4, 119, 97, 105, 116, 0, 0,
      3, 2, 1, 0, 7, 8, 1, 4, 119, 111, 114, 107, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
      0, 20, 4, 110, 97, 109, 101, 1, 13, 2, 0, 4, 119, 97, 105, 116, 1, 4, 119, 111, 114, 107]);
    const made = new WebAssembly.Instance(new WebAssembly.Module(code), { js: { wait: () => waitHere(0) } });
    made.exports.work(); // HERE wasm
  },
};

// The same functions in each of their tiers: interpreted, translated, then compiled better and better, into one.
function waitHot(milliseconds) {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return Atomics.wait(cell, 0, 0, milliseconds); // HERE tiers
}

function addHot(milliseconds) {
  let sum = 'x';
  sum += waitHot(milliseconds); // HERE between
  return sum;
}

function callHot(milliseconds) {
  kept += 1;
  return addHot(milliseconds).length; // HERE outside
}

function stallInTiers() {
  const calls = [0, 400, 3000, 30000];
  const next = () => {
    for (let i = calls.shift(); i > 0; i--) {
      callHot(0);
    }
    setTimeout(() => {
      callHot(120);
      if (calls.length > 0) {
        setTimeout(next, 10);
      }
    }, 20);
  };
  next();
}

function waitHere(value) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, value, MS);
}

function stall(way, file) {
  ways[way](file);
}

ways.tiers = stallInTiers;

if (process.argv[2] === 'worker' && workers.isMainThread) {
  new workers.Worker(__filename, { argv: ['atomics'] });
} else {
  const [way, file] = process.argv.slice(2);
  // The loop is to have waited before, however late its timers are, and to wait after.
  let turns = 5;
  const turn = () => {
    setTimeout(turns-- > 0 ? turn : () => stall(way, file), 10);
  };
  turn();
  setTimeout(() => {
    fs.writeSync(1, `${path.basename(__filename)} is done\n`);
  }, 1200);
}
