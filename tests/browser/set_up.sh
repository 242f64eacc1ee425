#!/bin/sh
# Installs Debian's Chromium for the tests of the page, where there is none and apt may be used.
# Where it may not, those tests are skipped with a reason (and fail where CI is set).
for name in chromium chromium-browser google-chrome; do
  command -v "$name" > /dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium && exit 0
fi
echo "Chromium is missing and could not be installed; the tests of the page are skipped." >&2
