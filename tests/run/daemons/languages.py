"""Loops of languages that frameworks of theirs turn, with a handler that sleeps."""

from .place import ask_http, daemon


def ask_slow(place):
    """Some requests before, so that the loop is known; one that sleeps; one after."""
    return [place.http(path) for path in ("/", "/slow", "/")]


MOJO = """
use Mojolicious::Lite -signatures;
get "/" => sub ($c) { $c->render(text => "hello") };
get "/slow" => sub ($c) { select(undef, undef, undef, 0.3); $c->render(text => "slow") };
app->start;
"""


@daemon("Mojolicious", ask=ask_http(), stall=ask_slow, call="select", programs=("perl",))
def mojolicious(place):
    place.need("perl", "-MMojolicious", "-e1")
    return "perl", place.write("server.pl", MOJO), "daemon", "-m", "production", "-l", f"http://127.0.0.1:{place.port}"


ANYEVENT = r"""
use AnyEvent; use AnyEvent::Socket; use AnyEvent::Handle;
my %kept;
tcp_server "127.0.0.1", $ARGV[0], sub {
    my ($socket) = @_;
    my $handle; $handle = AnyEvent::Handle->new(fh => $socket, on_error => sub { delete $kept{$_[0]} }, on_eof => sub { delete $kept{$_[0]} });
    $kept{$handle} = $handle;
    $handle->push_read(line => sub {
        select(undef, undef, undef, 0.3) if $_[1] =~ m,/slow ,;
        $_[0]->push_write("HTTP/1.0 200 OK\r\n\r\nhello");
        $_[0]->push_shutdown;
    });
};
AnyEvent->condvar->recv;
"""


@daemon("AnyEvent", ask=ask_http(), stall=ask_slow, call="select", programs=("perl",))
def anyevent(place):
    place.need("perl", "-MAnyEvent", "-MEV", "-e1")
    return "perl", place.write("server.pl", ANYEVENT), place.port


LUV = r"""
local uv = require("luv")
local server = uv.new_tcp()
server:bind("127.0.0.1", tonumber(arg[1]))
server:listen(16, function()
    local client = uv.new_tcp()
    server:accept(client)
    client:read_start(function(_, request)
        if not request then return client:close() end
        if request:find("/slow ") then uv.sleep(300) end
        client:write("HTTP/1.0 200 OK\r\n\r\nhello", function() client:shutdown() end)
    end)
end)
uv.run()
"""


@daemon("Lua's luv", ask=ask_http(), stall=ask_slow, call="nanosleep")
def luv(place):
    place.need("lua5.1", "-l", "luv", "-e", "")
    return "lua5.1", place.write("server.lua", LUV), place.port


@daemon("puma", ask=ask_http())
def puma(place):
    """Its requests run in threads of their own, beside the loop."""
    return "puma", "-q", "-b", f"tcp://127.0.0.1:{place.port}", place.write(
        "config.ru", 'run ->(request) { sleep 0.3 if request["PATH_INFO"] == "/slow"; [200, {"Content-Type" => "text/plain"}, ["hello"]] }\n')


@daemon("http.server", ask=lambda place: [len(page) > 0 for page in ask_http(20)(place)])
def http_server(place):
    return "/usr/bin/python3", "-m", "http.server", "-b", "127.0.0.1", "-d", place.make_folder("empty"), place.port
