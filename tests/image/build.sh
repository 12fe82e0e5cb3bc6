#!/usr/bin/env bash
# Build the Dockerfile for real, with buildah, as root and without an engine or a registry:
#   build.sh WORK
# The base is made by debootstrap under the name that FROM asks for; the local folders, files and certificates that this machine's
# pip settings name are mounted read-only. WORK keeps the base, so that a second build is quicker.
set -euo pipefail

work=$(realpath -m "$1")
root=$(realpath "$(dirname "$0")/../..")
base=$(sed -n 's/^ARG BASE=//p' "$root/Dockerfile")
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
mkdir -p "$work"

if ! [ -e "$work/base/.ready" ]; then
    rm -rf "$work/base"
    debootstrap --variant=minbase --include=python3,python3-pip,python3-venv,ca-certificates bookworm "$work/base" >"$work/debootstrap.log"
    touch "$work/base/.ready"
fi
if ! buildah inspect --type image "docker.io/library/$base" >/dev/null 2>&1; then
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$work/base" / >/dev/null
    buildah commit --quiet --rm --format docker "$container" "docker.io/library/$base" >/dev/null
fi

options=()
# An index of this machine's own takes the place of PyTorch's, which may be out of reach.
index=$(python3 -m pip config get global.extra-index-url 2>/dev/null | cut -d' ' -f1 || true)
if [ -n "$index" ]; then options+=(--build-arg "TORCH_INDEX=$index"); fi
mount_readonly() {
    options+=(--volume "$1:$1:ro")
}
mount_readonly /etc/ssl/certs
for file in $(python3 -m pip config debug | sed -n 's/^ *\(.*\), exists: True$/\1/p'); do
    mount_readonly "$file"
done
for place in $(python3 -m pip config list | grep -oE "(file://)?/[^' ]+" | sed -e 's,^file://,,' -e 's,/simple$,,'); do
    if [ -e "$place" ]; then mount_readonly "$place"; fi
done
buildah build --pull=never --network=host --format docker "${options[@]}" --tag torch-judge "$root"
