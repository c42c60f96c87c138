=begin
EventMachine, whose C++ turns the loop and has Ruby wait for it, in a select. Ruby's own sleep is a poll of one of the
descriptors in that select, and by the same library: in a callback it is a call that holds the loop all the same.

@needs: command:ruby ruby:eventmachine
@run clean
@expect clean
@run sleeps sleeps
@expect stall cause=nested-wait|blocking-call call=ppoll|poll ms=250 wait=select|poll times=2
=end

require "eventmachine"

ticks = 0
EM.run do
  EM.add_periodic_timer(0.05) do
    ticks += 1
    sleep 0.25 if ARGV[0] == "sleeps" && (ticks == 5 || ticks == 10)
    EM.stop if ticks == 15
  end
end
puts "done"
