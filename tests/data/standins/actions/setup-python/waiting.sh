#!/bin/sh
# Runs @REAL@; lets act read what was printed last before a failure.
"@REAL@" "$@"
code=$?
if [ "$code" -ne 0 ] && [ "$(cat "/proc/$PPID/comm" 2>/dev/null)" = act ]; then
  sleep 0.2
fi
exit "$code"
