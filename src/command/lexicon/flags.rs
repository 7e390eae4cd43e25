//! The flags of each command that has any, with their help in Korean. What Kafka's tool knows and the model does not yet is named too, so
//! that it is refused by name.

use crate::command::grammar::Flag;

const BOOTSTRAP: Flag = Flag::of("--bootstrap-server", "HOST:PORT", "적지 않아도 돼요. 실험실의 클러스터에 접속해요");

pub(super) static TOPICS: &[Flag] = &[
    Flag::alone("--create", "토픽을 만들어요"),
    Flag::alone("--alter", "파티션 수를 늘려요"),
    Flag::alone("--delete", "토픽을 지워요"),
    Flag::alone("--describe", "파티션의 리더, 레플리카, ISR을 보여 줘요"),
    Flag::alone("--list", "토픽의 목록을 보여 줘요"),
    Flag::of("--topic", "TOPIC", "토픽 이름"),
    Flag::of("--partitions", "N", "파티션 수"),
    Flag::of("--replication-factor", "N", "복제 계수"),
    Flag::of(
        "--replica-assignment",
        "ID:ID[,ID:ID…]",
        "파티션마다 레플리카를 둘 브로커. 앞에 적은 브로커가 우선 리더예요",
    ),
    Flag::many("--config", "NAME=VALUE", "토픽 설정"),
    Flag::alone("--if-not-exists", "이미 있으면 조용히 넘어가요"),
    Flag::alone("--if-exists", "없으면 조용히 넘어가요"),
    Flag::alone("--exclude-internal", "내부 토픽은 빼고 보여 줘요"),
    Flag::alone("--under-replicated-partitions", "ISR이 레플리카보다 적은 파티션만 보여 줘요"),
    Flag::alone("--under-min-isr-partitions", "ISR이 min.insync.replicas보다 적은 파티션만 보여 줘요"),
    Flag::alone("--at-min-isr-partitions", "ISR이 min.insync.replicas와 같은 파티션만 보여 줘요"),
    Flag::alone("--unavailable-partitions", "리더가 없는 파티션만 보여 줘요"),
    BOOTSTRAP,
    Flag::not_yet("--topics-with-overrides"),
    Flag::not_yet("--topic-id"),
    Flag::not_yet("--partition-size-limit-per-response"),
    Flag::not_yet("--command-config"),
];

pub(super) static CONSOLE_PRODUCER: &[Flag] = &[
    Flag::of("--topic", "TOPIC", "토픽 이름"),
    Flag::many("--property", "NAME=VALUE", "줄을 읽는 법: parse.key, key.separator, null.marker, ignore.error"),
    Flag::many("--reader-property", "NAME=VALUE", "--property와 같아요"),
    Flag::many("--producer-property", "NAME=VALUE", "프로듀서 설정"),
    Flag::many("--command-property", "NAME=VALUE", "--producer-property와 같아요"),
    Flag::of("--request-required-acks", "ACKS", "acks (기본값 -1, 곧 all)"),
    Flag::of("--message-send-max-retries", "N", "retries (기본값 3)"),
    Flag::of("--retry-backoff-ms", "MS", "retry.backoff.ms (기본값 100)"),
    Flag::of("--timeout", "MS", "linger.ms (기본값 1000)"),
    Flag::of("--request-timeout-ms", "MS", "request.timeout.ms (기본값 1500)"),
    Flag::of("--batch-size", "BYTES", "batch.size (기본값 16384)"),
    Flag::of("--max-block-ms", "MS", "max.block.ms (기본값 60000)"),
    Flag::of("--compression-codec", "CODEC", "compression.type: none, gzip, snappy, lz4, zstd (기본값 none)"),
    BOOTSTRAP,
    Flag::not_yet("--sync"),
    Flag::not_yet("--max-memory-bytes"),
    Flag::not_yet("--max-partition-memory-bytes"),
    Flag::not_yet("--metadata-expiry-ms"),
    Flag::not_yet("--line-reader"),
    Flag::not_yet("--socket-buffer-size"),
    Flag::not_yet("--reader-config"),
    Flag::not_yet("--producer.config"),
    Flag::not_yet("--command-config"),
];

pub(super) static CONSOLE_CONSUMER: &[Flag] = &[
    Flag::of("--topic", "TOPIC", "토픽 이름"),
    Flag::alone("--from-beginning", "커밋한 오프셋이 없으면 처음부터 읽어요"),
    Flag::of("--group", "GROUP", "컨슈머 그룹"),
    Flag::of("--partition", "N", "그룹 없이 이 파티션만 읽어요"),
    Flag::of("--offset", "OFFSET", "--partition과 함께: 여기서부터. earliest, latest도 돼요 (기본값 latest)"),
    Flag::of("--max-messages", "N", "이만큼 읽고 끝내요"),
    Flag::of("--timeout-ms", "MS", "이만큼 아무것도 오지 않으면 끝내요"),
    Flag::many(
        "--property",
        "NAME=VALUE",
        "보여 주는 법: print.key, print.partition, print.offset, print.timestamp, print.value, key.separator, null.literal",
    ),
    Flag::many("--formatter-property", "NAME=VALUE", "--property와 같아요"),
    Flag::many("--consumer-property", "NAME=VALUE", "컨슈머 설정"),
    Flag::many("--command-property", "NAME=VALUE", "--consumer-property와 같아요"),
    BOOTSTRAP,
    Flag::not_yet("--include"),
    Flag::not_yet("--isolation-level"),
    Flag::not_yet("--formatter"),
    Flag::not_yet("--formatter-config"),
    Flag::not_yet("--key-deserializer"),
    Flag::not_yet("--value-deserializer"),
    Flag::not_yet("--skip-message-on-error"),
    Flag::not_yet("--enable-systest-events"),
    Flag::not_yet("--consumer.config"),
    Flag::not_yet("--command-config"),
];

pub(super) static CONFIGS: &[Flag] = &[
    Flag::alone("--describe", "설정을 보여 줘요"),
    Flag::alone("--all", "바꾸지 않은 설정까지 보여 줘요"),
    Flag::alone("--alter", "설정을 바꿔요"),
    Flag::of("--add-config", "NAME=VALUE[,…]", "이렇게 정해요. 값에 쉼표가 있으면 cleanup.policy=[compact,delete]처럼"),
    Flag::many("--delete-config", "NAME[,…]", "정한 것을 지워요. 기본값으로 돌아가요"),
    Flag::of("--topic", "TOPIC", "토픽의 설정"),
    Flag::of("--broker", "ID", "브로커의 설정"),
    Flag::alone("--broker-defaults", "모든 브로커의 설정"),
    Flag::of("--entity-type", "topics|brokers", "무엇의 설정인지"),
    Flag::of("--entity-name", "NAME", "누구의 설정인지"),
    Flag::alone("--entity-default", "모두의 설정"),
    BOOTSTRAP,
    Flag::not_yet("--add-config-file"),
    Flag::not_yet("--bootstrap-controller"),
    Flag::not_yet("--client"),
    Flag::not_yet("--client-defaults"),
    Flag::not_yet("--user"),
    Flag::not_yet("--user-defaults"),
    Flag::not_yet("--broker-logger"),
    Flag::not_yet("--ip"),
    Flag::not_yet("--ip-defaults"),
    Flag::not_yet("--group"),
    Flag::not_yet("--client-metrics"),
    Flag::not_yet("--command-config"),
];

pub(super) static DELETE_RECORDS: &[Flag] = &[
    Flag::of("--offset-json-file", "-", "-를 적고, 파티션마다의 오프셋을 <<END 뒤에 JSON으로 적어요"),
    BOOTSTRAP,
    Flag::not_yet("--command-config"),
];

pub(super) static LEADER_ELECTION: &[Flag] = &[
    Flag::of(
        "--election-type",
        "TYPE",
        "preferred는 첫 레플리카로 되돌리고, unclean은 뒤처진 레플리카라도 리더로 세워요",
    ),
    Flag::of("--topic", "TOPIC", "이 토픽의 --partition 하나만"),
    Flag::of("--partition", "N", "--topic과 함께: 파티션 번호"),
    Flag::alone("--all-topic-partitions", "모든 파티션"),
    Flag::of("--path-to-json-file", "-", "-를 적고, 파티션들을 <<END 뒤에 JSON으로 적어요"),
    BOOTSTRAP,
    Flag::not_yet("--admin.config"),
    Flag::not_yet("--command-config"),
];

pub(super) static LOG_DIRS: &[Flag] = &[
    Flag::alone("--describe", "레플리카의 크기를 보여 줘요"),
    Flag::of("--broker-list", "ID[,ID]", "이 브로커만"),
    Flag::of("--topic-list", "TOPIC[,TOPIC]", "이 토픽만"),
    BOOTSTRAP,
    Flag::not_yet("--command-config"),
];

pub(super) static GET_OFFSETS: &[Flag] = &[
    Flag::of("--topic", "TOPIC", "이 토픽만"),
    Flag::of("--partitions", "N[,N]", "이 번호의 파티션만"),
    Flag::of("--topic-partitions", "TOPIC:N[,…]", "orders:0, orders:1-3, :2-처럼 골라요"),
    Flag::of("--time", "TIME", "latest(-1), earliest(-2), max-timestamp(-3), 또는 Unix 시각(ms) (기본값 latest)"),
    Flag::alone("--exclude-internal-topics", "내부 토픽은 빼고 보여 줘요"),
    BOOTSTRAP,
    Flag::not_yet("--command-config"),
];

pub(super) static CLUSTER: &[Flag] = &[
    Flag::of("--brokers", "N", "브로커 수 (기본값 3)"),
    Flag::of("--controllers", "N", "컨트롤러 수 (기본값 3)"),
    Flag::of("--seed", "S", "난수 시드 (기본값 1)"),
    Flag::many("--config", "NAME=VALUE", "브로커와 컨트롤러의 설정"),
    Flag::of("--racks", "RACK[,…]", "브로커를 차례로 이 랙에 놓아요. 1번은 첫째 랙, 2번은 둘째 랙"),
    Flag::alone("--before-leader-epochs", "0.11 전처럼 복제해요: 팔로워가 에포크 없이 자기 HW에서 로그를 잘라요"),
];

pub(super) static FAULTS: &[Flag] = &[
    Flag::of("--seed", "S", "난수 시드 (기본값 1)"),
    Flag::of("--every", "TIME", "고장과 고장 사이의 평균 (기본값 5s)"),
    Flag::of("--last", "TIME", "하나가 나을 때까지 길어야 이만큼 (기본값 15s)"),
    Flag::of("--for", "TIME", "이만큼 지나면 새로 나지 않아요 (기본값 60s)"),
    Flag::of(
        "--kinds",
        "KIND[,…]",
        "kill, poweroff, pause, disk-slow, disk-full, corrupt, cut, cut-one-way, delay, drop, dup, reorder, lose, reset, clock (기본값은 disk-full과 corrupt를 뺀 모두)",
    ),
];

const ONE_WAY_ONLY: Flag = Flag::alone("--one-way", "A에서 B로 가는 길만");

pub(super) static ONE_WAY: &[Flag] = &[ONE_WAY_ONLY];
pub(super) static DELAY: &[Flag] = &[Flag::of("--jitter", "TIME", "메시지마다 이만큼까지 더 늦어요"), ONE_WAY_ONLY];

pub(super) static PRODUCER: &[Flag] = &[
    Flag::of("--topic", "TOPIC", "보낼 토픽"),
    Flag::of("--rate", "N/s", "스스로 보내는 속도. 적지 않으면 시킬 때만 보내요"),
    Flag::of("--count", "N", "이만큼 보내면 멈춰요 (--rate가 없으면 초당 5건)"),
    Flag::of("--keys", "N", "키를 N가지 가운데서 뽑아요"),
    Flag::of("--key", "KEY", "키를 이것 하나만 써요"),
    Flag::of("--value-size", "BYTES", "값의 크기 (기본값 100)"),
    Flag::many("--config", "NAME=VALUE", "프로듀서 설정"),
    Flag::not_yet("--transactional-id"),
    Flag::not_yet("--batch-per-txn"),
];

pub(super) static CONSUMER: &[Flag] = &[
    Flag::of("--group", "GROUP", "컨슈머 그룹"),
    Flag::of("--topic", "TOPIC[,TOPIC]", "구독할 토픽"),
    Flag::many("--config", "NAME=VALUE", "컨슈머 설정"),
    Flag::of("--process", "TIME", "레코드 하나를 처리하는 시간 (기본값 1ms)"),
    Flag::not_yet("--client"),
    Flag::not_yet("--ack-mode"),
    Flag::not_yet("--instance-id"),
];

pub(super) static LS: &[Flag] = &[
    Flag::alone("-l", "한 줄에 하나씩, 크기와 함께"),
    Flag::alone("-h", "크기를 K, M, G로"),
    Flag::alone("-a", ".으로 시작하는 이름도"),
];

pub(super) static HEXDUMP: &[Flag] = &[
    Flag::alone("-C", "적지 않아도 이 모양이에요: 16바이트와 글자를 나란히"),
    Flag::of("-s", "SKIP", "앞에서 이만큼 건너뛰어요"),
    Flag::of("-n", "LENGTH", "이만큼만 보여 줘요 (기본값 65536)"),
    Flag::alone("-v", "같은 줄도 빼지 않아요"),
];

pub(super) static LOOKUP: &[Flag] = &[
    Flag::of("--time", "MS", "오프셋 대신 시각으로 찾아요. Unix 시각(ms)이에요"),
    Flag::of("--broker", "ID", "이 브로커의 레플리카에서 찾아요 (기본값은 리더)"),
];

pub(super) static SEND: &[Flag] = &[Flag::of("--partition", "N", "파티션을 직접 골라요")];
pub(super) static LAST: &[Flag] = &[Flag::of("--last", "N", "마지막 N개만 (기본값 20)")];
pub(super) static DIFF: &[Flag] = &[Flag::of("--at", "TIME", "두 브랜치를 끝이 아니라 이 시각에서 견줘요")];
pub(super) static LEDGER: &[Flag] = &[
    Flag::alone("--records", "레코드마다 한 줄로"),
    Flag::of("--fate", "FATE", "--records에서 이것만. lost, gone, duplicated, committed 따위"),
    Flag::of("--last", "N", "--records에서 마지막 N개만 (기본값 20)"),
];
pub(super) static METRICS: &[Flag] =
    &[Flag::of("--every", "TIME", "이만큼씩 묶어서 (기본값 1s)"), Flag::of("--last", "N", "마지막 N번만 (기본값 10)")];
