"""Packages of npm that tests need: the folder tests/npm/NAME says which, by its lock file; they are installed once, outside the tree.

    os.path.join(installed("prism"), "node_modules", ".bin", "prism")
"""
import hashlib
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def source(name):
    """NAME; or a folder of its own, by its whole path."""
    return os.path.join(HERE, "..", "npm", name)


def installed(name):
    """The folder with node_modules for the lock file as it is: made once, renamed into place when it is whole."""
    with open(os.path.join(source(name), "package-lock.json"), "rb") as f:
        folder = os.path.basename(name) + "-" + hashlib.sha256(f.read()).hexdigest()[:16]
    cache = os.environ.get("BAUTA_TEST_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "bauta-tests")
    there = os.path.join(cache, folder)
    if os.path.isdir(there):
        return there
    os.makedirs(cache, exist_ok=True)
    making = tempfile.mkdtemp(dir=cache)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(source(name), file), making)
    try:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=making, check=True,
                       stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(making)
        raise
    try:
        os.rename(making, there)
    except OSError:  # somebody else was quicker
        shutil.rmtree(making)
    return there
