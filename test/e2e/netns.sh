#!/usr/bin/env bash
# Creates or deletes a network namespace for each member of a group file, connected by a bridge in another namespace.
# Usage: netns.sh up|down PREFIX GROUP_FILE. Namespaces are named PREFIX followed by the member's name.
set -eu
action=$1 prefix=$2 file=$3
switch="${prefix:-p2p-}switch"

[ "$(id -u)" = 0 ] || { echo "Network namespaces need root: sudo make netns"; exit 77; }
command -v ip >/dev/null || { echo "The ip command is missing: apt-get install iproute2"; exit 77; }

members() { sed 's/#.*//' "$file" | tr -s ' \t' '\n\n' | grep -v -e '^$' -e '=' | tail -n +2 | paste - -; }

down() {
  members | while read -r name _; do ip netns del "$prefix$name" 2>/dev/null || true; done
  ip netns del "$switch" 2>/dev/null || true
}

up() {
  if [ -e "/run/netns/$switch" ]; then
    echo "The namespaces exist already; make netns-down deletes them."
    return
  fi
  ip netns add "$switch"
  ip -n "$switch" link add bridge type bridge forward_delay 0
  ip -n "$switch" link set bridge up
  number=0
  members | while read -r name address; do
    number=$((number + 1))
    ip netns add "$prefix$name"
    ip -n "$switch" link add "port$number" type veth peer name eth0 netns "$prefix$name"
    ip -n "$switch" link set "port$number" master bridge up
    ip -n "$prefix$name" link set lo up
    ip -n "$prefix$name" address add "$address/16" dev eth0
    ip -n "$prefix$name" link set eth0 up
  done
}

case $action in
  up) trap 'code=$?; [ $code = 0 ] || down' EXIT; up ;;
  down) down ;;
  *) echo "usage: netns.sh up|down PREFIX GROUP_FILE"; exit 2 ;;
esac
