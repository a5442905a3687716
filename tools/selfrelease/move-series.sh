#!/bin/sh
# Let the tag that callers of our workflows name, such as v1, name a newer release. It only goes forward: to a
# commit that holds the one it names now.
#
#   move-series.sh REPOSITORY SERIES COMMIT
set -eu

repository=${1:?usage: move-series.sh REPOSITORY SERIES COMMIT}
series=${2:?usage: move-series.sh REPOSITORY SERIES COMMIT}
commit=${3:?usage: move-series.sh REPOSITORY SERIES COMMIT}

old=$(gh api "repos/$repository/git/matching-refs/tags/$series" \
    --jq ".[] | select(.ref == \"refs/tags/$series\") | .object.sha")
if [ -z "$old" ]; then
    gh api --silent --method POST "repos/$repository/git/refs" -f "ref=refs/tags/$series" -f "sha=$commit"
    echo "$series is new and names $commit"
    exit
fi
status=$(gh api "repos/$repository/compare/$old...$commit" --jq .status)
case $status in
identical)
    echo "$series names $commit already"
    ;;
ahead)
    # The server checks once more that nothing is lost.
    gh api --silent --method PATCH "repos/$repository/git/refs/tags/$series" -f "sha=$commit" -F force=false
    echo "$series goes from $old to $commit"
    ;;
*)
    echo "error: $series names $old, which $commit does not hold: it only goes forward (compared: $status)" >&2
    exit 1
    ;;
esac
