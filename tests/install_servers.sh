#!/usr/bin/env bash
# Installs the real servers that the integration tests talk to, where that is allowed; else says what is missing.
# Installed programs are not started as services: the tests start their own, on free loopback ports.
set -u

declare -A package=(
  [ffmpeg]=ffmpeg [nginx]=nginx [kcat]=kcat [flite]=flite [espeak-ng]=espeak-ng [promtool]=prometheus
  [chromium]=chromium [java]=default-jre-headless [mvn]=maven
)
rtmp_module=/usr/lib/nginx/modules/ngx_rtmp_module.so

missing() {
  for program in "${!package[@]}"; do
    PATH="$PATH:/usr/sbin" command -v "$program" > /dev/null || echo "${package[$program]}"
  done
  [ -e "$rtmp_module" ] || echo libnginx-mod-rtmp
}

install() {
  local policy=/usr/sbin/policy-rc.d made=0
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod +x "$policy" && made=1; }
  echo "installing for the integration tests: $*" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } > /dev/null
  local status=$?
  [ "$made" = 0 ] || rm -f "$policy"
  return $status
}

wanted=$(missing)
if [ -n "$wanted" ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  # shellcheck disable=SC2086
  install $wanted || true
  wanted=$(missing)
fi
if [ -n "$wanted" ]; then
  echo "not installed (tests that need them are skipped): $(echo "$wanted" | tr '\n' ' ')" >&2
  echo "on Debian or Ubuntu: sudo apt-get install $(echo "$wanted" | tr '\n' ' ')" >&2
fi
exit 0
