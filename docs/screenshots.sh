#!/bin/sh
# Makes the pictures of the documentation from the demo: docs/images/email.png, email-phone.png and edition.png.
# Needs the built program (GLEANER, or cargo's target directory) and Chromium (CHROMIUM). Writes nowhere else but to a temporary directory.
#     docs/screenshots.sh [PORT]
set -eu
cd "$(dirname "$0")/.."
port=${1:-8123}
gleaner=${GLEANER:-${CARGO_TARGET_DIR:-target}/debug/gleaner}
chromium=${CHROMIUM:-chromium}
images=docs/images
work=$(mktemp -d)
demo=
trap '[ -z "$demo" ] || kill "$demo" 2>/dev/null || true; rm -rf "$work"' EXIT INT TERM

# One picture: file, width, height, address.
picture() {
    "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$work/profile" \
        --window-size="$2,$3" --screenshot="$work/$1" "$4" 2>/dev/null
    # A palette of 256 colours keeps text sharp and the file small.
    if command -v pngquant >/dev/null; then pngquant --force --output "$work/$1" 256 "$work/$1"; fi
    mkdir -p "$images"
    mv "$work/$1" "$images/$1"
    echo "$images/$1"
}

# The same dates in every run, so that a picture changes only when the program does.
"$gleaner" demo --data "$work/data" --port "$port" --as-of 2027-03-01T09:00:00+00:00 >"$work/account" 2>"$work/log" &
demo=$!
waited=0
until grep -q Ctrl-C "$work/account"; do
    waited=$((waited + 1))
    if [ "$waited" -gt 300 ] || ! kill -0 "$demo" 2>/dev/null; then
        cat "$work/log" >&2
        echo "the demo did not start; is port $port free?" >&2
        exit 1
    fi
    sleep 0.1
done

edition=$("$gleaner" edition list --bulletin demo --data "$work/data" | sed -n '1s/ .*//p')
export GLEANER__WEB__PUBLIC_URL="http://127.0.0.1:$port/"
"$gleaner" edition preview "$edition" --subscriber art@hilltop-primary.example --format html --data "$work/data" >"$work/email.html"
picture email.png 760 1660 "file://$work/email.html"
picture email-phone.png 400 1100 "file://$work/email.html"
picture edition.png 900 2300 "http://127.0.0.1:$port/demo/editions/1"
