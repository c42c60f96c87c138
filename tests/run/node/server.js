// A server that makes some garbage for each answer; says its port, ends by SIGTERM with 0.
'use strict';

const http = require('http');

const server = http.createServer((request, answer) => {
  const rows = Array.from({ length: 200 }, (_, i) => ({ id: i, name: `row ${i}`, tags: ['a', 'b'] }));
  answer.setHeader('Content-Type', 'application/json');
  answer.end(JSON.stringify(rows));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0));
