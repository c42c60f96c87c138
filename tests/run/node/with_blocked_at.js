// To be loaded before a program (node -r): blocked-at from npm reports to standard error, a line of JSON for each.
'use strict';

const blocked = require(process.env.BLOCKED_AT);

blocked((time, stack) => {
  process.stderr.write(`blocked-at ${JSON.stringify({ time, stack })}\n`);
}, { threshold: 50 });
