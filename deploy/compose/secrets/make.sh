#!/bin/sh
# Makes the secrets of docker-compose.yaml as files beside itself, once: what is
# there stays. ClickHouse gets only the hash of the password.
set -eu
umask 022 # containers read the files as other users; the folder keeps others out
cd "$(dirname "$0")"
chmod 700 .

secret() { # 32 random bytes, as hexadecimal digits
	[ -s "$1" ] || head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$1"
}
secret clickhouse-password
secret grafana-password
hash=$(sha256sum <clickhouse-password | cut -d ' ' -f 1)
cat >clickhouse-users.xml <<XML
<clickhouse>
  <users>
    <default remove="remove"/>
    <gatehound>
      <password_sha256_hex>$hash</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </gatehound>
  </users>
</clickhouse>
XML
echo "secrets are in $(pwd); Grafana's user is admin, its password in grafana-password" >&2
