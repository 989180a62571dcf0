#!/bin/sh
# For a double click on macOS; see start-desk.sh.
exec "$(dirname "$0")/start-desk.sh"
