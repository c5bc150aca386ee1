#!/bin/sh
# Installs geoplan @VERSION@ for this user, without the internet.
# ./install.sh [FOLDER]; default ~/.local/share/geoplan
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$HOME/.local/share/geoplan}
python=$(command -v python@PYTHON@ || command -v python3)
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != tuple(map(int, "@PYTHON@".split("."))))' || {
  echo "Python @PYTHON@ was not found / 没有找到 Python @PYTHON@" >&2
  exit 1
}
"$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --no-index --find-links "$here/wheels" "geoplan==@VERSION@"
"$target/bin/python" -m geoplan doctor
echo "$target/bin/geoplan run $here/demo --out ~/geoplan-demo"
