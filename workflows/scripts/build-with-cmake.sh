#!/usr/bin/env bash
# Configures, builds, tests and installs with CMake.
#
# ENVIRONMENT  folder of the Python environment that the build is to find
# ARGUMENTS    of the configuration, apart by blanks, quoted as in a shell
# CTEST        `true` to run CTest; a project without tests then fails
# BUILD        folder to build in; the installation goes to `install` below it
# RESULTS      folder for the results
set -euo pipefail

stop() {
  echo "::error title=CMake::$1"
  exit 1
}

if [ ! -f CMakeLists.txt ]; then
  stop "there is no \`CMakeLists.txt\` in the repository"
fi
if ! words=$(xargs printf '%s\n' <<<"$ARGUMENTS"); then
  stop "\`configure-arguments\` has a quote without its end: $ARGUMENTS"
fi
options=()
while IFS= read -r word; do
  if [ -n "$word" ]; then
    options+=("$word")
  fi
done <<<"$words"

# FindPython looks at VIRTUAL_ENV; packages such as pybind11[global] bring configurations of their own.
export VIRTUAL_ENV=$ENVIRONMENT
export PATH=$ENVIRONMENT/bin:$PATH
export CMAKE_PREFIX_PATH=$ENVIRONMENT${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}

cores=$(getconf _NPROCESSORS_ONLN)
echo "::group::Configure"
cmake -S . -B "$BUILD" "-DCMAKE_INSTALL_PREFIX=$BUILD/install" ${options[@]+"${options[@]}"} ||
  stop "the configuration failed"
echo "::endgroup::"
echo "::group::Build"
cmake --build "$BUILD" --parallel "$cores" || stop "the build failed"
echo "::endgroup::"
if [ "$CTEST" = true ]; then
  mkdir -p "$RESULTS"
  ctest --test-dir "$BUILD" --output-on-failure --no-tests=error --output-junit "$RESULTS/ctest-junit.xml" ||
    stop "CTest failed"
fi
cmake --build "$BUILD" --target install || stop "the installation failed"
{
  echo "variables<<end-of-variables"
  echo "PYTHONPATH=$BUILD/install/python"
  echo "LD_LIBRARY_PATH=$BUILD/install/lib:$BUILD/install/lib64"
  echo "DYLD_LIBRARY_PATH=$BUILD/install/lib"
  echo "end-of-variables"
} >>"$GITHUB_OUTPUT"
