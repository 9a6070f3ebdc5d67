#!/usr/bin/env bash
# Tries `make demo` and `make test` on a bare Debian 12: debootstrap into a temporary folder, git
# and make, a clone of this repository, nothing else. A machine with everything on it proves
# nothing about a list of packages.
#
#   sudo tools/test_fresh.sh
#
#   FRESH="TARGET..."    what to make there; default "demo test"
#   FRESH_WORKTREE=1     takes the files of the work tree instead of a clone of HEAD
#   FRESH_MIRROR=URL     Debian mirror; default: the one that this machine's apt has for Debian 12
#   FRESH_KEEP=1         leaves the folder there
#
# Mounts are made in a mount namespace of its own, so they end with this script, however it ends.
set -euo pipefail

suite=bookworm
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [[ $(id -u) != 0 ]]; then
  echo "test_fresh.sh: needs root for chroot and mount: sudo make test-fresh" >&2
  exit 1
fi
if [[ ${FRESH_IN_NAMESPACE:-} != 1 ]]; then
  exec env FRESH_IN_NAMESPACE=1 unshare --mount --propagation private "$0" "$@"
fi

root=$(mktemp -d "${TMPDIR:-/tmp}/tillstream-fresh-XXXXXX")
chmod 755 "$root"  # for the user that apt downloads as
cleanup() {
  local target
  for target in dev proc sys; do
    mountpoint -q "$root/$target" && umount -R -l "$root/$target"
  done
  if [[ ${FRESH_KEEP:-} == 1 ]]; then
    echo "left there: $root"
  else
    rm -rf --one-file-system "$root"
  fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { echo "== $* ($SECONDS s)"; }

# apt_sources: "URI SUITE" of every Debian 12 suite that this machine's apt is configured for.
apt_sources() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT) $(CREATED_BY)' |
    awk -v suite="$suite" '
      $2 ~ "^" suite "(-updates|-security)?$" && $3 == "main" && $4 == "Packages" { print $1, $2 }' |
    sort -u
}

sources=$(apt_sources)
mirror=${FRESH_MIRROR:-$(awk -v suite="$suite" '$2 == suite { print $1; exit }' <<<"$sources")}
if [[ -z $mirror ]]; then
  echo "test_fresh.sh: this machine's apt has no mirror for $suite; give FRESH_MIRROR=URL" >&2
  exit 1
fi

say "debootstrap of $suite"
if ! debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" \
  >"$root.log" 2>&1; then
  tail -n 20 "$root.log" >&2
  rm -f "$root.log"
  exit 1
fi
rm -f "$root.log"

# The ways of this machine to the network and to the package registries, where it has any.
{
  echo "deb $mirror $suite main"
  awk -v suite="$suite" '$2 != suite { print "deb", $1, $2, "main" }' <<<"$sources"
} >"$root/etc/apt/sources.list"
apt-config dump | grep -E '^Acquire::(https?|Check)[^ ]* "[^"]' >"$root/etc/apt/apt.conf.d/90host" || true
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
  if [[ -f $file ]]; then
    cp -L "$file" "$root$file"
  fi
done
for file in .m2/settings.xml .config/pip/pip.conf .pip/pip.conf .npmrc; do
  if [[ -f $HOME/$file ]]; then
    mkdir -p "$root/root/$(dirname "$file")"
    cp "$HOME/$file" "$root/root/$file"
  fi
done
if [[ -d /usr/local/share/ca-certificates ]]; then
  mkdir -p "$root/usr/local/share"
  cp -rL /usr/local/share/ca-certificates "$root/usr/local/share/"
fi
kept_environment=()
while IFS= read -r -d '' variable; do
  case ${variable%%=*} in
    http_proxy | https_proxy | no_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | SSL_CERT_FILE | \
      SSL_CERT_DIR | CURL_CA_BUNDLE | REQUESTS_CA_BUNDLE | PIP_INDEX_URL | PIP_EXTRA_INDEX_URL | \
      PIP_CERT | PIP_TRUSTED_HOST | PIP_DEFAULT_TIMEOUT | MAVEN_OPTS | JAVA_TOOL_OPTIONS | \
      GOPROXY | GONOSUMDB | NODE_EXTRA_CA_CERTS)
      kept_environment+=("$variable")
      ;;
  esac
done < <(env -0)

mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"

inside() {
  chroot "$root" env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "${kept_environment[@]}" "$@"
}

inside update-ca-certificates >/dev/null 2>&1
inside apt-get update -qq
inside env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends git make >/dev/null 2>&1

copy=$root/root/tillstream
if [[ ${FRESH_WORKTREE:-} == 1 ]]; then
  mkdir "$copy"
  (
    cd "$source"
    git ls-files -z --cached --others --exclude-standard |
      while IFS= read -r -d '' file; do
        if [[ -e $file ]]; then
          printf '%s\0' "$file"
        fi
      done | tar -cf - --null -T - | tar -xf - -C "$copy"
  )
else
  git clone -q "file://$source" "$copy"
fi
say "a bare Debian with git and make; the repository is cloned"

for target in ${FRESH:-demo test}; do
  say "make $target"
  begin=$SECONDS
  inside make -C /root/tillstream --no-print-directory "$target" </dev/null
  say "make $target: done in $((SECONDS - begin)) s"
done
