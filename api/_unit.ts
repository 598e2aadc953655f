import { RUN_FLAGS } from "./_engine_flags.ts";

/** How many files and sockets the service may have open. */
const OPEN_FILES = 65_536;

/** What differs from one installation to the next. */
export interface UnitOptions {
  /** The command that starts the service, without its arguments. */
  readonly command: string;
  /**
   * What checks the state's file before each start, where `command` may run
   * nothing that could. @default {none}
   */
  readonly check?: string;
  /** The config file. */
  readonly config: string;
}

/** The text of `llm-proxy.service`, systemd.service(5). */
export function serviceUnit(
  { command, check, config }: UnitOptions,
): string {
  const first = check === undefined
    ? ""
    : `# A corrupt file would end the service itself, again and again.
ExecStartPre=-${check}
Environment=LLM_PROXY_STATE_CHECKED=1
`;
  return `[Unit]
Description=LLM gateway
Documentation=https://jsr.io/@llm-proxy/api
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=notify
NotifyAccess=main
${first}ExecStart=${command} --config ${config}
# As a bundle, without a compiled program:
#ExecStart=/usr/bin/deno run ${
    RUN_FLAGS.join(" ")
  } --no-prompt --allow-net --allow-env --allow-sys=systemMemoryInfo --allow-read --allow-write=/var/lib/llm-proxy,/run/llm-proxy,/run/systemd/notify /usr/lib/llm-proxy/llm-proxy.js --config ${config}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
TimeoutStartSec=30
# Above server.shutdown_timeout, which lets requests finish.
TimeoutStopSec=45
WatchdogSec=30

# Secrets: each becomes the variable of its name in the config, and is in no
# environment. For example:
#LoadCredential=OPENAI_API_KEY:/etc/llm-proxy/openai.key

DynamicUser=yes
ConfigurationDirectory=llm-proxy
StateDirectory=llm-proxy
StateDirectoryMode=0700
CacheDirectory=llm-proxy
RuntimeDirectory=llm-proxy
Environment=DENO_DIR=/var/cache/llm-proxy DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
# Deno lets no program with narrow permissions read its own limit on open files.
Environment=LLM_PROXY_OPEN_FILES=${OPEN_FILES}
# The heap may have half of MemoryMax, whatever that is set to. What is large,
# bodies as well as what the engine compiles with, goes back to the system as
# soon as it was used.
Environment=DENO_USE_CGROUPS=1 MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=16384 MALLOC_MMAP_MAX_=16384
WorkingDirectory=/var/lib/llm-proxy
UMask=0077

LimitNOFILE=${OPEN_FILES}
# The memory has callers' keys and prompts in it: no image of it is written.
LimitCORE=0
MemoryHigh=768M
MemoryMax=1G
TasksMax=256
OOMPolicy=stop

# V8 writes machine code at run time, so MemoryDenyWriteExecute cannot be on.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateUsers=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources

[Install]
WantedBy=multi-user.target
`;
}

/** The text of llm-proxy.socket: systemd listens, so that a restart refuses nobody. */
export function socketUnit(address: string): string {
  return `[Unit]
Description=LLM gateway's socket

[Socket]
ListenStream=${address}
Backlog=4096
NoDelay=yes

[Install]
WantedBy=sockets.target
`;
}
