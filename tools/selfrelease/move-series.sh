#!/bin/sh
# Let the tag that callers of our workflows name, such as v1, name a newer release. It only goes forward: to a
# commit that holds the one it names now.
#
#   move-series.sh REPOSITORY SERIES COMMIT
set -eu

repository=${1:?usage: move-series.sh REPOSITORY SERIES COMMIT}
series=${2:?usage: move-series.sh REPOSITORY SERIES COMMIT}
commit=${3:?usage: move-series.sh REPOSITORY SERIES COMMIT}

# The token of a run may set no tag to a commit whose workflows differ from those of the main branch, as when that
# one went on while the release was tested. Nothing but a person's own right helps then.
refused() {
    echo "error: GitHub does not let this run set $series; it refuses that, too, if workflows changed on the main" \
        "branch since $commit. Whoever may change workflows sets it: git push origin +$commit:refs/tags/$series" >&2
    exit 1
}

old=$(gh api "repos/$repository/git/matching-refs/tags/$series" \
    --jq ".[] | select(.ref == \"refs/tags/$series\") | .object.sha")
if [ -z "$old" ]; then
    gh api --silent --method POST "repos/$repository/git/refs" -f "ref=refs/tags/$series" -f "sha=$commit" ||
        refused
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
    gh api --silent --method PATCH "repos/$repository/git/refs/tags/$series" -f "sha=$commit" -F force=false || refused
    echo "$series goes from $old to $commit"
    ;;
*)
    echo "error: $series names $old, which $commit does not hold: it only goes forward (compared: $status)" >&2
    exit 1
    ;;
esac
