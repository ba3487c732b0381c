#!/bin/sh
# Runs a Postfix of its own for the tests: `postfix.sh start DIR PORT` and `postfix.sh stop DIR`. Everything it writes is under DIR;
# mail to anybody at reader.example lands in DIR/mail/all/ (a Maildir). Nothing leaves this machine.
set -eu
action=$1
dir=$2
etc=$dir/etc

start() {
    port=$1
    user=nobody
    uid=$(id -u "$user")
    gid=$(id -g "$user")
    mkdir -p "$etc" "$dir/queue" "$dir/data" "$dir/mail/all/new" "$dir/mail/all/cur" "$dir/mail/all/tmp"
    chown -R "$uid:$gid" "$dir/mail"
    chown postfix "$dir/data"
    chmod 755 "$dir"
    # A certificate that nobody vouches for, as most relays in small offices have it.
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=relay.test -keyout "$etc/key.pem" -out "$etc/cert.pem" 2>/dev/null
    cat >"$etc/main.cf" <<CONFIG
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $dir/log
maillog_file_prefixes = $dir
myhostname = relay.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
virtual_mailbox_domains = reader.example
virtual_mailbox_base = $dir/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:$uid
virtual_gid_maps = static:$gid
smtpd_recipient_restrictions = permit_mynetworks,reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = $etc/cert.pem
smtpd_tls_key_file = $etc/key.pem
smtputf8_enable = yes
in_flow_delay = 0
CONFIG
    cat >"$etc/master.cf" <<CONFIG
127.0.0.1:$port inet n - n - - smtpd
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
error     unix - - n - - error
retry     unix - - n - - error
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
tlsmgr    unix - - n 1000? 1 tlsmgr
proxymap  unix - - n - - proxymap
postlog   unix-dgram n - n - 1 postlogd
CONFIG
    postfix -c "$etc" start
}

case $action in
start) start "$3" ;;
stop) postfix -c "$etc" stop ;;
*)
    echo "postfix.sh start DIR PORT | stop DIR" >&2
    exit 2
    ;;
esac
