"""Of the desktop and the terminal: displays and what draws on them, and what stays when its terminal has gone."""

import time

import harness

from .place import daemon


def socket_is_there(place):
    return (place.folder / "socket").exists()


def ask_display(place):
    display = ":" + (place.folder / "stdout").read_text().strip()
    return place.run("env", f"DISPLAY={display}", "timeout", "1", "openbox", "--sm-disable", codes=(124,), watched=True)


@daemon("Xvfb and openbox", ask=ask_display, programs=("openbox",), answers=lambda place: (place.folder / "stdout").read_text().strip() != "")
def xvfb(place):
    return "Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"


def tmux(place, *words):
    return place.run("tmux", "-S", place.folder / "socket", *words, watched=True)


def ask_tmux(place):
    tmux(place, "new-session", "-d", "-s", "one", "-x", "80", "-y", "24", "cat")
    for number in range(20):
        tmux(place, "send-keys", "-t", "one", f"hello {number}", "Enter")
    harness.until(lambda: tmux(place, "capture-pane", "-p", "-t", "one").count("hello 19") == 2, 10, "what cat says")
    return tmux(place, "list-sessions", "-F", "#{session_name} #{session_windows}")


@daemon("tmux", ask=ask_tmux, answers=socket_is_there)
def tmux_server(place):
    return "tmux", "-D", "-S", place.folder / "socket", "-f", place.write("config", "set -g exit-empty off\n")


def emacs(place, expression):
    return place.run("emacsclient", "-s", place.folder / "socket", "-e", expression, watched=True)


def stall_emacs(place):
    return [emacs(place, expression) for expression in ("(+ 1 1)", '(call-process "sleep" nil nil nil "0.3")', "(+ 1 2)")]


@daemon("emacs", ask=lambda place: {emacs(place, "(* 6 7)") for _ in range(10)}, answers=socket_is_there, stall=stall_emacs, call="waitpid")
def emacs_daemon(place):
    return "emacs", "-Q", f"--fg-daemon={place.folder}/socket"


def nvim(place, expression):
    return place.run("nvim", "--server", place.folder / "socket", "--remote-expr", expression, watched=True)


@daemon("nvim", ask=lambda place: {nvim(place, "6 * 7") for _ in range(5)}, answers=socket_is_there, call="nanosleep",
        stall=lambda place: [nvim(place, expression) for expression in ("1", 'luaeval("vim.loop.sleep(300)")', "2")])
def nvim_server(place):
    return "nvim", "--clean", "--headless", "--listen", place.folder / "socket"


@daemon("pulseaudio", ask=lambda place: time.sleep(1), programs=("pulseaudio",))
def pulseaudio(place):
    """Its sink's thread has a loop as well, which turns by itself."""
    place.make_folder("run", 0o700)
    return ("env", f"XDG_RUNTIME_DIR={place.folder}/run", f"HOME={place.folder}", "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
            "--use-pid-file=no", "-L", "module-null-sink", "-L", f"module-native-protocol-tcp port={place.port} listen=127.0.0.1 auth-anonymous=1")
