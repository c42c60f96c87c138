// libuv's pool for test_pools.py: which work fills it, and which does not.
//
//     node pools.js FIFO full       six files to open that block
//     node pools.js FIFO computes   two passwords to hash
//     node pools.js FIFO silent     four that block; much that does not
'use strict';
const crypto = require('crypto');
const fs = require('fs');

const fifo = process.argv[2];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Nobody writes to the FIFO until `ms` have gone: each open blocks a thread.
async function open(times, ms) {
  const opened = [];
  for (let i = 0; i < times; i++) opened.push(fs.promises.open(fifo, 'r'));
  await pause(ms);
  const writer = fs.openSync(fifo, 'r+');
  for (const file of await Promise.all(opened)) await file.close();
  fs.closeSync(writer);
}

function hash(rounds) {
  return new Promise((done) => crypto.pbkdf2('a', 'b', rounds, 64, 'sha512', done));
}

async function full() {
  await open(6, 400);
}

// With one thread. Says how much of a CPU it had: on a machine that is full of others' work a pool is not full, but starved.
async function computes() {
  const rounds = 700000;
  const began = process.hrtime.bigint(), before = process.cpuUsage();
  await Promise.all([hash(rounds), hash(rounds)]);
  const used = process.cpuUsage(before);
  console.log((used.user + used.system) * 1000 / Number(process.hrtime.bigint() - began));
}

async function silent() {
  await open(4, 400);
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({length: 50}, () => fs.promises.stat(fifo)));
  const end = Date.now() + 600;
  const goOn = async () => { while (Date.now() < end) await hash(2000); };
  await Promise.all(Array.from({length: 6}, goOn));
  await pause(300);
}

pause(50).then({full, computes, silent}[process.argv[3]]).then(() => pause(50));
