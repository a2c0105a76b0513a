#!/usr/bin/env bash
# release.sh VERSION [yes] reports every reason against releasing the repository in the working folder, and then runs "make check".
# With "yes" it makes the tag, whose text is the change log's section. It never pushes.
set -euo pipefail
version=${1-} confirm=${2-}
refused=
refuse() { echo "release: $1" >&2; refused=yes; }

if [[ ! $version =~ ^v[01]\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$ ]]; then
  refuse "VERSION=\"$version\" is no version of this module, such as v0.1.0"
  exit 1
fi
[[ $(git rev-parse --abbrev-ref HEAD) == main ]] || refuse "releases are of branch main"
[[ -z $(git status --porcelain) ]] || refuse "what is not committed is not released"
grep -qxF "const Version = \"${version#v}\"" client.go || refuse "Version in client.go, which the User-Agent names, is another"
tags=$(git tag --list 'v[0-9]*.[0-9]*.[0-9]*')
if grep -qxF "$version" <<<"$tags"; then
  refuse "tag $version exists, and a release never changes"
elif [[ $(printf '%s\n%s\n' "$tags" "$version" | sort -V | tail -n 1) != "$version" ]]; then
  refuse "$version is lower than the last release"
fi

# The text below the nth heading of the change log: the first is Unreleased, the second is of this version.
section() { awk -v n="$1" '/^## / { i++; next } i == n' CHANGELOG.md | sed -e '/./,$!d'; }
title=$(grep '^## ' CHANGELOG.md | sed -n 2p)
[[ -z $(section 1) ]] || refuse "CHANGELOG.md has entries below Unreleased: they belong to this version"
[[ $title =~ ^"## [${version#v}] - "[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || refuse "the first version of CHANGELOG.md is not $version with the day of the release: $title"
notes=$(section 2)
[[ -n $notes ]] || refuse "CHANGELOG.md says nothing of $version"
[[ -z $refused ]] || exit 1

make check
if [[ $confirm != yes ]]; then
  printf '%s can be released. With CONFIRM=yes this makes its tag:\n\n%s\n' "$version" "$notes"
  exit
fi
printf '%s\n\n%s\n' "$version" "$notes" | git tag -a --cleanup=verbatim -F - "$version"
echo "$version is tagged. It is released when you push it: git push origin main $version"
