"""Calls the installed ``geoplan`` command in a process of its own."""

import os
import shlex
import shutil
import subprocess
import tempfile

from qgis.core import QgsProcessingException

from .words import say

#: variables of QGIS's own Python, which another Python must not inherit
_OWN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV")
_WAIT_S = 0.3


def geoplan_command():
    """The words of the command: ``GEOPLAN_COMMAND``, or ``geoplan`` where it is installed."""
    named = os.environ.get("GEOPLAN_COMMAND", "")
    words = shlex.split(named, posix=os.name != "nt") if named else [shutil.which("geoplan")]
    if not words or not words[0]:
        raise QgsProcessingException(say("no_command"))
    return words


def call_geoplan(arguments, feedback, *, good=(0,)):
    """Run ``geoplan ARGUMENTS``; what it prints. A user who cancels stops it.

    good : exit codes that are no failure.
    """
    command = [*geoplan_command(), *map(str, arguments)]
    env = {k: v for k, v in os.environ.items() if k not in _OWN} | {"PYTHONUTF8": "1"}
    feedback.pushCommandInfo(" ".join(map(shlex.quote, command)))
    hidden = {"creationflags": 0x08000000} if os.name == "nt" else {}  # no black window
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=told, **hidden)
        seen = 0
        while True:
            try:
                code = process.wait(timeout=_WAIT_S)
                break
            except subprocess.TimeoutExpired:
                seen = _report(told, seen, feedback)
                if feedback.isCanceled():
                    process.terminate()
                    process.wait()
                    raise QgsProcessingException("canceled") from None
        _report(told, seen, feedback)
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
        if code not in good:
            told.seek(0)
            said = told.read().decode("utf-8", "replace") + text
            raise QgsProcessingException(say("failed", code=code, text=said[-3000:]))
    return text


def _report(told, seen, feedback):
    """Pass on what was printed since; how much of it is known now."""
    with open(told.fileno(), "rb", closefd=False, buffering=0) as file:
        place = file.seek(0, os.SEEK_END)
        file.seek(seen)
        text = file.read(place - seen).decode("utf-8", "replace")
        file.seek(place)  # the process writes on from here
    for line in text.splitlines():
        if line.strip():
            feedback.pushInfo(line.strip())
    return place
