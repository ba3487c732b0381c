#!/usr/bin/env bash
# Deliveries into Postfix's smtp-sink beside smtp-source (`cargo bench --bench delivery`), and nodemailer's pool into the same kind of sink:
# the ratios of one run on one machine. Needs smtp-sink and smtp-source (Debian: postfix), openssl, and npm for nodemailer; says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo bench --bench delivery

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "nodemailer not measured: npm or node is missing"
  exit 0
fi
if ! command -v smtp-sink >/dev/null && [ ! -x /usr/sbin/smtp-sink ]; then
  echo "nodemailer not measured: smtp-sink is missing"
  exit 0
fi
PATH="$PATH:/usr/sbin"
work=$(mktemp -d)
sink=
trap '[ -z "$sink" ] || kill "$sink"; rm -rf "$work"' EXIT
if ! (cd "$work" && npm install --silent --no-audit --no-fund nodemailer@7 >/dev/null 2>&1); then
  echo "nodemailer not measured: npm cannot install it here"
  exit 0
fi
port=$((20000 + RANDOM % 20000))
smtp-sink -c -u nobody "127.0.0.1:$port" 1024 >/dev/null 2>&1 &
sink=$!
sleep 1
smtp_source() {
  local began ended
  began=$(date +%s%N)
  smtp-source -d -s 16 -l 20000 -m 5000 -f bulletin@sender.example -t reader@reader.example "127.0.0.1:$port"
  ended=$(date +%s%N)
  echo $((5000 * 1000000000 / (ended - began)))
}
cat >"$work/send.mjs" <<'JS'
// 2,000 personalised multiparts of 20 kB over 16 pooled connections; no rows are kept and nothing is signed.
import nodemailer from "nodemailer";
const transport = nodemailer.createTransport({ host: "127.0.0.1", port: Number(process.argv[2]), pool: true, maxConnections: 16, maxMessages: Infinity, ignoreTLS: true });
const item = "<tr><td style=\"padding:8px\"><h3>Zoë's course</h3><p>Monday 1 March, Leeds, £25</p></td></tr>\n";
const html = `<html><body><table>${item.repeat(14000 / item.length)}</table></body></html>`;
const text = "Zoë's course\nMonday 1 March, Leeds, £25\n\n".repeat(4000 / 44);
const mails = 2000;
const began = process.hrtime.bigint();
await Promise.all(Array.from({ length: mails }, (_, n) => transport.sendMail({
  from: "bulletin@sender.example", to: `reader${n}@reader.example`, subject: "Three courses", text: `Hello Reader ${n},\n${text}`, html: html.replace("<table>", `<p>Hello Reader ${n}</p><table>`),
})));
console.log(Math.round(mails / (Number(process.hrtime.bigint() - began) / 1e9)));
transport.close();
JS
peer=$(smtp_source)
rate=$(cd "$work" && node send.mjs "$port")
awk -v r="$rate" -v p="$peer" 'BEGIN { printf "%-58s n %7d  %20.1f/s  %.2f x smtp-source -d (%d/s)\n", "nodemailer, pooled, not signed", 2000, r, r / p, p }'
