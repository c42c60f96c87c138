// What node's programs do all day without holding up their loop: await, files and names through the pool, workers that
// idle, a server that answers. `node clean.js` ends by itself.
'use strict';

const dns = require('dns');
const fs = require('fs');
const http = require('http');
const workers = require('worker_threads');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function ask(port) {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
    }).on('error', reject);
  });
}

async function serve() {
  const server = http.createServer(async (request, answer) => {
    await sleep(1);
    answer.end('hello\n');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  for (let i = 0; i < 40; i++) {
    await Promise.all(Array.from({ length: 10 }, () => ask(port)));
  }
  server.close();
}

async function main() {
  const idle = new workers.Worker('require("worker_threads").parentPort.on("message", () => process.exit(0))',
    { eval: true });
  await sleep(300);
  for (let i = 0; i < 50; i++) {
    await fs.promises.readFile(__filename);
    await fs.promises.stat('/');
  }
  await dns.promises.lookup('localhost');
  await serve();
  await sleep(300);
  idle.postMessage('over');
  await new Promise((resolve) => idle.on('exit', resolve));
  console.log('done');
}

if (workers.isMainThread) {
  main();
}
