# Runs as root where systemd is PID 1 and llm-proxy.service is known to it.
# What it finds is told in lines "probe NAME VALUE"; tools/try_unit.ts judges them.
# $1 is the socket's unit, $2 a directory of its own for what it needs, $3 where
# the service listens.
say() { echo "probe $*"; }
now() { date +%s%3N; }
ask() { curl -s -m 10 "$@"; }
URL=$3
PING='{"model":"mock/echo","messages":[{"role":"user","content":"ping"}]}'
UNITS=/run/systemd/system
# As everywhere; whoever boots a systemd in a sandbox may have left it open to all.
chmod 755 /run
cp "$1" $UNITS/
echo "canary-$$-secret" >/run/canary.key
mkdir -p $UNITS/llm-proxy.service.d
printf '[Service]\nLoadCredential=OPENAI_API_KEY:/run/canary.key\nWatchdogSec=3\n' >$UNITS/llm-proxy.service.d/probe.conf
systemctl daemon-reload
systemctl start llm-proxy.socket llm-proxy
sleep 1
T=$(now); systemctl restart llm-proxy; say restart_code $?; say restart_ms $(($(now) - T))
systemctl is-active --quiet llm-proxy || journalctl -u llm-proxy --no-pager -o cat | tail -20
PID=$(systemctl show -p MainPID --value llm-proxy)
field() { awk -v name="$1:" '$1 == name { print $2 }' /proc/$PID/status; }
say uid "$(field Uid)"
say capabilities "$(field CapEff)$(field CapBnd)$(field CapPrm)"
say no_new_privileges "$(field NoNewPrivs)"
say seccomp "$(field Seccomp)"
say open_files "$(awk '/open files/ { print $5 }' /proc/$PID/limits) of $(awk '/open files/ { print $5 }' /proc/1/limits)"
say canaries "$(tr '\0' '\n' </proc/$PID/environ | grep -c "$(cat /run/canary.key)")"
WROTE=
for at in / /etc /usr /usr/lib /bin /boot /home /root /opt /srv "$2" /sys /sys/fs/cgroup /proc/sys /var /var/log /run /run/systemd /dev /var/spool; do
  # In the service's own view of the files, as its own user.
  nsenter -t $PID -m -- setpriv --reuid="$(field Uid)" --regid="$(field Gid)" --clear-groups \
    sh -c 'touch "$1/.probe"' sh "$at" 2>/dev/null && WROTE="$WROTE $at"
done
say wrote "${WROTE:-nowhere}"
nsenter -t $PID -m -- setpriv --reuid="$(field Uid)" --regid="$(field Gid)" --clear-groups \
  sh -c 'touch /var/lib/llm-proxy/.probe' 2>/dev/null; say wrote_state $?
# Told in bytes; more than half of the memory is never asked for the heap.
say heap "$(ask $URL/v1/status | grep -o '"heap_limit_bytes":[0-9]*' | cut -d: -f2) of $(systemctl show -p MemoryMax --value llm-proxy)"
say ready "$(ask -o /dev/null -w '%{http_code}' $URL/health/ready)"
(for _ in $(seq 40); do
  ask -o /dev/null -w '%{http_code}\n' $URL/v1/chat/completions -H 'content-type: application/json' -d "$PING"
  sleep 0.05
done | sort | uniq -c | xargs >"$2/codes") &
ASKING=$!
sleep 0.3; systemctl restart llm-proxy; sleep 0.3; systemctl reload llm-proxy; say reload_code $?
wait $ASKING; say codes "$(cat "$2/codes")"
PID=$(systemctl show -p MainPID --value llm-proxy); kill -STOP "$PID"; T=$(now)
for _ in $(seq 100); do
  sleep 0.1; NEXT=$(systemctl show -p MainPID --value llm-proxy)
  [ "$NEXT" != "$PID" ] && [ "$NEXT" != 0 ] && break
done
say watchdog_ms $(($(now) - T))
T=$(now); systemctl stop llm-proxy.socket llm-proxy; say stop_code $?; say stop_ms $(($(now) - T))
say result "$(systemctl show -p Result --value llm-proxy)"
