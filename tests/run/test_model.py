"""The models in tests/model, checked by spin: the real protocols hold in every order of steps, and each of their variants
that leaves one step out (BROKEN_…) is found out, so that the check is known to be able to fail."""

import re
import shutil
import subprocess
import tempfile

import harness
from harness import require

MODELS = harness.TOP / "tests/model"


def checked(model, variant=None):
    """How many errors the verifier finds, and how many states it has looked at."""
    harness.need("spin", "gcc")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(model, folder)
        for command in (["spin", *([f"-D{variant}"] if variant else []), "-a", model.name],
                        ["gcc", "-O1", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"]):
            made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
            require(made.returncode == 0 and "Error" not in made.stdout, f"{command}: {made.stdout}{made.stderr}")
        ran = subprocess.run(["./pan", "-m100000"], cwd=folder, capture_output=True, text=True, timeout=120)
        errors, states = (re.search(pattern, ran.stdout) for pattern in (r"errors: (\d+)", r"(\d+) states, stored"))
        require(errors and states and "max search depth too small" not in ran.stdout, ran.stdout + ran.stderr)
        return int(errors.group(1)), int(states.group(1)), ran.stdout


def test_the_protocols_hold():
    models = sorted(MODELS.glob("*.pml"))
    require(len(models) >= 3, f"only {models}")
    for model in models:
        errors, states, said = checked(model)
        require(errors == 0, f"{model.name}: {said}")
        require(states > 50, f"{model.name} has only {states} states")
    return len(models)


def test_what_is_left_out_is_found():
    found = 0
    for model in sorted(MODELS.glob("*.pml")):
        variants = sorted(set(re.findall(r"#ifn?def (BROKEN_\w+)", model.read_text())))
        require(variants, f"{model.name} has no variant that fails")
        for variant in variants:
            errors, _, said = checked(model, variant)
            require(errors > 0, f"{model.name} holds without {variant}: {said}")
            found += 1
    return found
