//! Every command that the lab understands.
//!
//! The table names, for each way to write a command, the function that does it. What Kafka has and the model does not yet stands here too, without a
//! function, so that it is refused by name.

mod flags;

use super::grammar::{Command, Form, Kind};
use super::{
    clients, clock, configs, consume, delete_records, disks, dump, files, get_offsets, inquire, leader_election, links,
    log_dirs, lookup, produce, show, show_batch, show_cleaner, show_ledger, time, topics, world,
};
use flags::{
    CLUSTER, CONFIGS, CONSOLE_CONSUMER, CONSOLE_PRODUCER, CONSUMER, DELAY, DELETE_RECORDS, DIFF, GET_OFFSETS, HEXDUMP,
    LAST, LEADER_ELECTION, LEDGER, LOG_DIRS, LOOKUP, LS, ONE_WAY, PRODUCER, SEND, TOPICS,
};

/// All commands.
pub static COMMANDS: &[Command] = &[
    Command {
        name: "kafka-topics",
        kind: Kind::Tool,
        help: "토픽을 만들고 살피고 늘리고 지워요",
        forms: &[Form::new("", "--create, --alter, --delete, --describe, --list 가운데 하나", TOPICS, topics::run)],
    },
    Command {
        name: "kafka-console-producer",
        kind: Kind::Tool,
        help: "입력한 줄을 레코드로 보내요",
        forms: &[Form {
            pattern: "",
            help: "보낼 줄은 <<END 뒤에 적어요",
            flags: CONSOLE_PRODUCER,
            reads: true,
            run: Some(produce::run),
        }],
    },
    Command {
        name: "kafka-console-consumer",
        kind: Kind::Tool,
        help: "토픽의 레코드를 읽어 보여 줘요",
        forms: &[Form::new("", "--max-messages나 --timeout-ms로 끝을 정해요", CONSOLE_CONSUMER, consume::run)],
    },
    Command {
        name: "kafka-configs",
        kind: Kind::Tool,
        help: "설정을 보고 바꿔요",
        forms: &[Form::new("", "--describe와 --alter 가운데 하나", CONFIGS, configs::run)],
    },
    Command {
        name: "kafka-get-offsets",
        kind: Kind::Tool,
        help: "파티션의 처음, 끝, 어느 시각의 오프셋을 보여 줘요",
        forms: &[Form::new("", "정하지 않으면 모든 파티션의 끝", GET_OFFSETS, get_offsets::run)],
    },
    Command {
        name: "kafka-delete-records",
        kind: Kind::Tool,
        help: "파티션의 앞쪽 레코드를 지워요",
        forms: &[Form {
            pattern: "",
            help: "--offset-json-file - <<END 뒤에 JSON으로 적어요",
            flags: DELETE_RECORDS,
            reads: true,
            run: Some(delete_records::run),
        }],
    },
    Command {
        name: "kafka-leader-election",
        kind: Kind::Tool,
        help: "파티션의 리더를 다시 뽑아요",
        forms: &[Form {
            pattern: "",
            help: "--election-type preferred나 unclean, 그리고 어느 파티션인지",
            flags: LEADER_ELECTION,
            reads: true,
            run: Some(leader_election::run),
        }],
    },
    Command {
        name: "kafka-log-dirs",
        kind: Kind::Tool,
        help: "브로커의 디스크에 있는 레플리카의 크기를 보여 줘요",
        forms: &[Form::new("", "--describe로 시작해요", LOG_DIRS, log_dirs::run)],
    },
    Command {
        name: "kafka-dump-log",
        kind: Kind::Tool,
        help: "로그와 인덱스 파일의 내용을 보여 줘요",
        forms: &[Form::new("", "브로커의 디스크에 있는 파일을 읽어요", dump::FLAGS, dump::run)],
    },
    Command {
        name: "ssh",
        kind: Kind::File,
        help: "브로커의 셸에 들어가요",
        forms: &[Form::new("NODE…", "그 뒤로는 경로만 적으면 돼요", &[], files::ssh)],
    },
    Command {
        name: "exit",
        kind: Kind::File,
        help: "브로커의 셸에서 나와요",
        forms: &[Form::new("", "ssh로 들어갔을 때만", &[], files::exit)],
    },
    Command {
        name: "cd",
        kind: Kind::File,
        help: "폴더를 옮겨요",
        forms: &[Form::new("", "log.dirs로", &[], files::cd), Form::new("DIR", "그 폴더로", &[], files::cd)],
    },
    Command {
        name: "pwd",
        kind: Kind::File,
        help: "지금 있는 폴더를 보여 줘요",
        forms: &[Form::new("", "", &[], files::pwd)],
    },
    Command {
        name: "ls",
        kind: Kind::File,
        help: "폴더에 있는 파일의 목록을 보여 줘요",
        forms: &[
            Form::new("", "지금 있는 폴더", LS, files::ls),
            Form::new("PATH...", "broker-1:/var/lib/kafka/data처럼. *와 ?도 돼요", LS, files::ls),
        ],
    },
    Command {
        name: "cat",
        kind: Kind::File,
        help: "텍스트 파일을 보여 줘요",
        forms: &[Form::new("PATH...", "체크포인트 파일처럼 글자로 된 파일", &[], files::cat)],
    },
    Command {
        name: "hexdump",
        kind: Kind::File,
        help: "파일을 바이트로 보여 줘요",
        forms: &[Form::new("PATH", "세그먼트와 인덱스 파일도", HEXDUMP, files::hexdump)],
    },
    Command {
        name: "lookup",
        kind: Kind::File,
        help: "로그에서 레코드를 찾는 과정을 보여 줘요",
        forms: &[Form::new("PLACE", "세그먼트, 인덱스, 배치를 거쳐 가는 길. orders-0@1234처럼", LOOKUP, lookup::run)],
    },
    Command {
        name: "cluster",
        kind: Kind::World,
        help: "새 클러스터를 만들어요",
        forms: &[Form::new("", "지금 것은 사라져요", CLUSTER, world::cluster)],
    },
    Command {
        name: "broker",
        kind: Kind::World,
        help: "브로커를 다뤄요",
        forms: &[
            Form::new("add", "브로커를 하나 더해요", &[], world::add),
            Form::new("add ID", "번호를 정해 더해요", &[], world::add),
            Form::new("start NODE…", "꺼진 브로커를 켜요", &[], world::start),
            Form::new("stop NODE…", "정상 종료해요(controlled shutdown)", &[], world::stop),
            Form::new("kill NODE…", "프로세스를 죽여요. 페이지 캐시는 남아요", &[], world::kill),
            Form::new("pause NODE…", "멈추게 해요. 살아 있지만 응답하지 않아요", &[], world::pause),
            Form::new("resume NODE…", "멈춘 것을 다시 움직여요", &[], world::resume),
            Form::new("poweroff NODE…", "전원을 꺼요. 더티 페이지는 사라질 수 있어요", &[], world::power_off),
        ],
    },
    Command {
        name: "controller",
        kind: Kind::World,
        help: "컨트롤러를 다뤄요",
        forms: &[
            Form::new("start NODE…", "꺼진 컨트롤러를 켜요", &[], world::start),
            Form::new("stop NODE…", "종료해요", &[], world::stop),
            Form::new("kill NODE…", "프로세스를 죽여요", &[], world::kill),
            Form::new("pause NODE…", "멈추게 해요", &[], world::pause),
            Form::new("resume NODE…", "다시 움직여요", &[], world::resume),
            Form::not_yet("add"),
            Form::new("poweroff NODE…", "전원을 꺼요", &[], world::power_off),
        ],
    },
    Command {
        name: "link",
        kind: Kind::World,
        help: "두 노드 사이의 네트워크를 다뤄요",
        forms: &[
            Form::new(
                "cut A B",
                "끊어요. 오가던 것도 사라져요. brokers, controllers, clients, *도 돼요",
                ONE_WAY,
                links::cut,
            ),
            Form::new("heal A B", "다시 이어요. 늦어지거나 잃던 것도 모두 나아요", ONE_WAY, links::heal),
            Form::new("delay A B TIME", "200ms처럼 늦춰요. 0s면 제때 와요", DELAY, links::delay),
            Form::new("drop A B PERCENT", "패킷이 사라져요. TCP가 다시 보내니 늦어질 뿐이에요", ONE_WAY, links::drop),
            Form::new("dup A B PERCENT", "패킷이 두 번 와요. TCP가 하나는 버려요", ONE_WAY, links::duplicate),
            Form::new("reorder A B PERCENT", "패킷이 뒤처져요. TCP가 차례를 맞춰요", ONE_WAY, links::reorder),
            Form::new(
                "lose A B KIND WHICH N",
                "다음 메시지 N개를 통째로 잃어요. Produce response 1처럼. 아무도 알려 주지 않아요",
                ONE_WAY,
                links::lose,
            ),
            Form::new("reset A B", "오가던 TCP 연결을 끊어요. 양쪽이 바로 알아요", &[], links::reset),
        ],
    },
    Command {
        name: "clock",
        kind: Kind::World,
        help: "노드의 시계를 다뤄요",
        forms: &[Form::new("skew NODE TIME", "2s 빠르게, -90s면 느리게. 0s면 다시 맞아요", &[], clock::skew)],
    },
    Command {
        name: "disk",
        kind: Kind::World,
        help: "브로커의 디스크를 다뤄요",
        forms: &[
            Form::new("show ID", "용량, 페이지 캐시, 디스크가 한 일, 소켓으로 보낸 양", &[], disks::show),
            Form::new("slow ID FACTOR", "20x처럼 느리게 해요. 1x면 제 속도예요", &[], disks::slow),
            Form::new("fail ID", "고장 내요. 로그 디렉터리를 잃은 브로커는 바로 멈춰요", &[], disks::fail),
            Form::new("repair ID", "꺼진 브로커의 디스크를 빈 새것으로 바꿔요", &[], disks::repair),
            Form::new("capacity ID BYTES", "담을 수 있는 양을 정해요", &[], disks::capacity),
            Form::new("memory ID BYTES", "페이지 캐시가 쓸 메모리를 정해요", &[], disks::memory),
            Form::new("profile ID KIND", "hdd나 ssd로 바꿔요", &[], disks::profile),
            Form::new("corrupt PLACE", "바이트 하나를 몰래 뒤집어요. broker-1:/경로/파일@바이트", &[], disks::corrupt),
            Form::new("compare ID BYTES", "이어서 쓸 때와 여기저기 쓸 때를 견줘요", &[], disks::compare),
            Form::new("paths", "파일에서 소켓까지 가는 길마다 복사와 모드 전환을 세요", &[], disks::paths),
        ],
    },
    Command {
        name: "producer",
        kind: Kind::Client,
        help: "프로듀서를 돌려요",
        forms: &[
            Form::new("NAME start", "시작해요", PRODUCER, clients::start_producer),
            Form::new("NAME stop", "보내던 것을 마치고 끝내요", &[], clients::stop),
            Form::new("NAME kill", "죽여요", &[], clients::kill),
            Form::new("NAME restart", "죽이고 같은 설정으로 다시 시작해요", &[], clients::restart),
            Form::new("NAME pause", "멈추게 해요", &[], clients::pause),
            Form::new("NAME resume", "다시 움직여요", &[], clients::resume),
            Form::new("NAME send RECORD", "레코드 하나를 보내요. 키:값 또는 값", SEND, clients::send),
            Form::not_yet("NAME begin"),
            Form::not_yet("NAME commit"),
            Form::not_yet("NAME abort"),
        ],
    },
    Command {
        name: "consumer",
        kind: Kind::Client,
        help: "컨슈머를 돌려요",
        forms: &[
            Form::new("NAME start", "시작해요", CONSUMER, clients::start_consumer),
            Form::new("NAME stop", "그룹을 떠나고 끝내요", &[], clients::stop),
            Form::new("NAME kill", "죽여요. 그룹에는 알리지 못해요", &[], clients::kill),
            Form::new("NAME restart", "죽이고 같은 설정으로 다시 시작해요", &[], clients::restart),
            Form::new("NAME pause", "멈추게 해요", &[], clients::pause),
            Form::new("NAME resume", "다시 움직여요", &[], clients::resume),
            Form::not_yet("NAME commit"),
            Form::not_yet("NAME seek PARTITION OFFSET"),
        ],
    },
    Command {
        name: "pipe",
        kind: Kind::Client,
        help: "읽고 처리해서 다시 써요",
        forms: &[Form::not_yet("NAME start")],
    },
    Command {
        name: "run",
        kind: Kind::Time,
        help: "시간을 흘려보내요",
        forms: &[
            Form::new(
                "until PREDICATE…",
                "조건이 참이 될 때까지. 끝에 within 30s를 붙일 수 있어요 (기본값 60s)",
                &[],
                time::run_until,
            ),
            Form::new("TIME", "500ms, 5s, 2m처럼", &[], time::run),
        ],
    },
    Command {
        name: "step",
        kind: Kind::Time,
        help: "눈에 보이는 다음 사건까지 가요",
        forms: &[Form::new("", "한 번", &[], time::step), Form::new("N", "N번", &[], time::step)],
    },
    Command {
        name: "rewind",
        kind: Kind::Time,
        help: "과거로 되감아요",
        forms: &[Form::new("TIME", "이만큼", &[], time::rewind)],
    },
    Command {
        name: "seek",
        kind: Kind::Time,
        help: "그 시각으로 가요",
        forms: &[Form::new("TIME|NAME", "처음부터 잰 시각, mark로 붙인 이름, 브랜치의 끝", &[], time::seek)],
    },
    Command {
        name: "fork",
        kind: Kind::Time,
        help: "여기서 다른 이야기를 갈라내요",
        forms: &[Form::new("NAME", "이름을 붙여 갈라내요. 지금까지의 이야기도 남아요", &[], time::fork)],
    },
    Command {
        name: "branch",
        kind: Kind::Time,
        help: "다른 이야기로 가요",
        forms: &[Form::new("NAME", "그 브랜치의 끝으로 가요", &[], time::branch)],
    },
    Command {
        name: "mark",
        kind: Kind::Time,
        help: "이 시각에 이름을 붙여요",
        forms: &[Form::new("NAME", "seek NAME으로 돌아와요", &[], time::mark)],
    },
    Command {
        name: "diff",
        kind: Kind::Ask,
        help: "두 이야기가 어떻게 달라졌는지 견줘요",
        forms: &[Form::new("A B", "브랜치의 끝이나 이름 붙인 시각, here끼리", DIFF, time::diff)],
    },
    Command {
        name: "expect",
        kind: Kind::Ask,
        help: "조건이 참인지 확인해요",
        forms: &[Form::new("PREDICATE…", "거짓이면 양쪽 값을 보여 주고 스크립트를 멈춰요", &[], inquire::expect)],
    },
    Command {
        name: "show",
        kind: Kind::Ask,
        help: "지금 상태를 보여 줘요",
        forms: &[
            Form::new("cluster", "전체", &[], show::cluster),
            Form::new("partition P", "레플리카마다 한 줄", &[], show::partition),
            Form::new("batch PLACE", "배치 하나를 바이트마다. orders-0@3처럼", &[], show_batch::batch),
            Form::new("group G", "멤버와 오프셋", &[], show::group),
            Form::new("broker ID", "브로커가 가진 레플리카", &[], show::broker),
            Form::new("cleaner ID", "브로커의 컴팩션 대상 로그와 더티 비율", &[], show_cleaner::cleaner),
            Form::new("disk ID", "브로커의 디스크와 페이지 캐시", &[], disks::show),
            Form::new("links", "네트워크에서 잘못된 곳", &[], links::show),
            Form::new("producer N", "프로듀서", &[], show::producer),
            Form::new("consumer N", "컨슈머", &[], show::consumer),
            Form::new("ledger", "장부: 프로듀서가 아는 것과 실제로 된 일", LEDGER, show_ledger::ledger),
            Form::new("branches", "갈라진 이야기들. *가 지금 있는 곳", &[], time::branches),
            Form::new("marks", "이름을 붙인 시각들", &[], time::marks),
            Form::new("trace", "최근에 일어난 일", LAST, inquire::trace),
            Form::not_yet("config NAME"),
        ],
    },
    Command {
        name: "why",
        kind: Kind::Ask,
        help: "왜 그렇게 됐는지 원인을 거슬러 올라가요",
        forms: &[
            Form::new("record PLACE", "레코드가 왜 거기 있는지. orders-0@3처럼", &[], inquire::why_record),
            Form::new("WHAT", "orders-0.hw, orders-0.isr, orders-0.leader", &[], inquire::why),
        ],
    },
    Command {
        name: "help",
        kind: Kind::Ask,
        help: "도움말",
        forms: &[Form::new("", "명령 목록", &[], inquire::help), Form::new("COMMAND", "명령 하나", &[], inquire::help)],
    },
];

/// Kafka's tools that are not here yet.
pub static TOOLS_NOT_YET: &[&str] = &[
    "kafka-consumer-groups",
    "kafka-reassign-partitions",
    "kafka-metadata-quorum",
    "kafka-transactions",
    "kafka-producer-perf-test",
    "kafka-consumer-perf-test",
    "kafka-verifiable-producer",
];
