#!/usr/bin/env bash
# Installs what some tests want of the system, on Debian and its kin: redis-server (the redis store) and strace (transcripts of system
# calls). Without them those tests are skipped, with the reason.
set -uo pipefail
missing=()
for tool in redis-server strace; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
[ "$(id -u)" -ne 0 ] && as_root=(sudo --non-interactive)
export DEBIAN_FRONTEND=noninteractive
if command -v apt-get >/dev/null \
  && "${as_root[@]}" apt-get update -qq \
  && "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
  exit 0
fi
echo "not installed, so tests that need it are skipped: ${missing[*]}" >&2
