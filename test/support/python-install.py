"""Makes a virtual environment with packages of Python, once, however many processes ask at the same time."""

import pathlib
import subprocess
import sys
import venv

folder = pathlib.Path(sys.argv[1])
packages = sys.argv[2:]
folder.mkdir(parents=True, exist_ok=True)
python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
done = folder / "installed.txt"

with open(folder / "lock", "w") as lock:
    # The lock goes with the process, so a crash leaves none behind.
    try:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)
    except ImportError:
        import msvcrt

        msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
    if not done.exists():
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        installed = subprocess.run([*pip, *packages], capture_output=True, text=True)
        if installed.returncode != 0:
            sys.exit((installed.stderr or installed.stdout).strip().splitlines()[-1])
        done.write_text("\n".join(packages))

print(python)
