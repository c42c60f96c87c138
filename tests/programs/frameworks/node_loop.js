/*
 * Node: ways to block its loop and a worker's, and what may take long beside them: the pool of
 * libuv, V8's threads, workers that are idle, a server under load.
 *
 * @needs: command:node
 * @run fifo fifo %d/fifo
 * @expect stall cause=blocking-call call=open|read detail=*fifo ms=200..400
 * wait=epoll_pwait|epoll_wait main=true
 * @run child child
 * @expect stall cause=nested-wait|blocking-call call=epoll_pwait|epoll_wait|waitpid|wait4
 * ms=250..400 wait=epoll_pwait|epoll_wait
 * @run waits waits
 * @expect stall cause=lock call=pthread_cond_timedwait|pthread_cond_wait|futex ms=300
 * wait=epoll_pwait|epoll_wait
 * @run nested nested
 * @expect stall cause=lock call=pthread_cond_timedwait|pthread_cond_wait|futex ms=300
 * wait=epoll_pwait|epoll_wait
 * @run handler handler
 * @expect stall cause=lock call=pthread_cond_timedwait|pthread_cond_wait|futex ms=300
 * wait=epoll_pwait|epoll_wait
 * @run worker worker
 * @expect stall cause=lock call=pthread_cond_timedwait|pthread_cond_wait|futex ms=300
 * wait=epoll_pwait|epoll_wait main=false
 * @run computes computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=225..600 wait=epoll_pwait|epoll_wait main=true
 * @run idle idle
 * @expect clean
 * @run beside beside %d/file
 * @expect clean
 * @run server server
 * @expect clean
 * @run workers workers
 * @expect clean
 * @run end end
 * @expect clean
 */
"use strict";
const childProcess = require("child_process");
const dns = require("dns");
const fs = require("fs");
const http = require("http");
const zlib = require("zlib");
const { Worker, isMainThread, parentPort } = require("worker_threads");

/* Blocks the thread for so long, without computing. */
function waitFor(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function onEvent() {
  waitFor(300);
}

function compute(ms) {
  const begin = process.cpuUsage();
  const used = () => { const { user, system } = process.cpuUsage(begin); return (user + system) / 1000; };
  while (used() < ms);
}

function readFile(path) {
  childProcess.execFileSync("mkfifo", [path], { stdio: "ignore" });
  childProcess.spawn("sh", ["-c", 'sleep 0.3; echo late >"$0"', path]);
  setTimeout(() => {
    if (fs.readFileSync(path, "utf8") !== "late\n") throw new Error("read wrongly");
  }, 60);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function outer() { await inner(); }
async function inner() { await sleep(1); onEvent(); }

async function serve(requests, slow) {
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    if (request.url === slow) onEvent();
    response.end("hello");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const get = (path) => new Promise((resolve, reject) => {
    http.get({ port: server.address().port, path, agent }, (response) => {
      response.resume().on("end", resolve);
    }).on("error", reject);
  });
  for (let number = 0; number < requests; number++) await get(`/${number}`);
  agent.destroy();
  server.close();
}

function worker(mode) {
  return new Promise((resolve, reject) => {
    new Worker(__filename, { argv: [mode] }).on("exit", resolve).on("error", reject);
  });
}

/* What takes long in the pool of libuv, in other processes. */
async function beside() {
  for (let number = 0; number < 30; number++) await fs.promises.writeFile(process.argv[3], "x".repeat(100000));
  await Promise.all(Array.from({ length: 10 }, () => dns.promises.lookup("localhost")));
  await Promise.all(Array.from({ length: 8 }, () => new Promise((resolve) => {
    zlib.deflate(Buffer.alloc(2000000, "some text"), { level: 9 }, resolve);
  })));
  await new Promise((resolve) => childProcess.exec("sleep 0.2", resolve));
}

const MODES = {
  idle: () => undefined,
  fifo: () => readFile(process.argv[3]),
  child: () => childProcess.execSync("sleep 0.26"),
  waits: onEvent,
  nested: outer,
  handler: () => serve(10, "/5"),
  computes: () => compute(300),
  worker: () => worker("stalls"),
  server: () => serve(300),
  beside,
  workers: () => Promise.all(["idle", "idle", "idle"].map(worker)),
};

async function ticks(count) {
  for (let number = 0; number < count; number++) await sleep(20);
}

async function main(mode) {
  await ticks(5);
  await (MODES[mode] || (() => undefined))();
  await ticks(mode === "fifo" ? 25 : 7);
  console.log("done");
  if (mode === "end") process.on("exit", () => waitFor(200));
}

async function inWorker(mode) {
  await ticks(5);
  if (mode === "stalls") onEvent();
  await ticks(7);
}

if (isMainThread) main(process.argv[2]);
else inWorker(process.argv[2]);
