<?php
/*
 * PHP's loop of stream_select, as ReactPHP and Workerman have it, where a callback reads from one
 * of its streams: the read polls that stream first, which is no turn of the loop.
 *
 * @needs: command:php
 * @run sleeps sleeps
 * @expect stall cause=blocking-call call=usleep ms=250 wait=select times=2
 * @run computes computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=250..700 wait=select times=2
 * @run clean clean
 * @expect clean
 */
function cpu_s() {
    $used = getrusage();
    return $used['ru_utime.tv_sec'] + $used['ru_utime.tv_usec'] / 1e6;
}

function on_event($mode) {
    if ($mode == 'sleeps')
        usleep(250000);
    if ($mode == 'computes')
        for ($end = cpu_s() + 0.25; cpu_s() < $end;)
            array_sum(range(1, 1000));
}

$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$server = stream_socket_server('tcp://127.0.0.1:0');
for ($tick = 1; $tick <= 40; $tick++) {
    if ($tick % 2)
        fwrite($pair[1], 'x');
    $readable = [$pair[0], $server];
    $writable = $exceptional = null;
    if (stream_select($readable, $writable, $exceptional, 0, 10000) > 0)
        fread($pair[0], 1);
    if ($tick == 15 || $tick == 25)
        on_event($argv[1]);
}
echo "done\n";
