=pod

Perl's own loops, by IO::Poll (as IO::Async and Mojolicious turn theirs) and by select: the functions of the interpreter
are the same ones whatever Perl runs, and of those that a callback runs none need be among those that waited.

@needs: command:perl
@run poll-sleeps poll sleeps
@expect stall cause=blocking-call call=select ms=250 wait=poll
@run poll-computes poll computes
@alone: it computes, and another program would take half of its CPU
@expect stall cause=cpu call=null ms=200..600 wait=poll
@run poll-runs poll runs
@expect stall cause=blocking-call call=waitpid|wait4 ms=250..400 wait=poll
@run select-computes select computes
@alone: it computes, and another program would take half of its CPU
@expect stall cause=cpu call=null ms=200..600 wait=select
@run select-runs select runs
@expect stall cause=blocking-call call=waitpid|wait4 ms=250..400 wait=select
@run lone-sleeps lone sleeps
@expect stall cause=blocking-call call=select ms=250 wait=poll
@run lone-computes lone computes
@alone: it computes, and another program would take half of its CPU
@expect stall cause=cpu call=null ms=200..600 wait=poll
@run lone-clean lone clean
@expect clean
@run poll-clean poll clean
@expect clean
@run select-clean select clean
@expect clean

=cut

use strict;
use warnings;
use IO::Poll qw(POLLIN);

my ($method, $mode) = @ARGV;
pipe(my $reader, my $writer) or die;
pipe(my $quiet, my $never) or die;
my $poll = IO::Poll->new;
$poll->mask($_ => POLLIN) for $reader, $method eq "lone" ? () : $quiet;

sub wait_for_event {
    my ($seconds) = @_;
    return $poll->poll($seconds) if $method ne "select";
    my $set = "";
    vec($set, fileno $_, 1) = 1 for $reader, $quiet;
    return select(my $ready = $set, undef, undef, $seconds);
}

sub on_event {
    if ($mode eq "sleeps") {
        select(undef, undef, undef, 0.25);
    } elsif ($mode eq "computes") {
        my $end = (times)[0] + 0.25;
        my $sum = 0;
        while ((times)[0] < $end) { $sum += $_ for 1 .. 1000 }
    } elsif ($mode eq "runs") {
        system("sleep", "0.25") == 0 or die;
    }
}

for my $tick (1 .. 40) {
    syswrite $writer, "x" if $tick % 2;
    sysread $reader, my $byte, 1 if wait_for_event(0.01) > 0;
    on_event() if $tick == 15;
}
print "done\n";
