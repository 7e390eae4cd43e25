//! The ways of a log's bytes from the disk to a socket, and which one a broker takes: zero copy, and what undoes it.

use crate::broker::{Broker, SecurityProtocol};
use crate::disk::{CopiedBy, Place, Transfer, TransferStat};

/// The amount for which changes of mode are counted.
const SAMPLE: u64 = 16 << 10;

/// A way from a file to a socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WayView {
    /// What it is called.
    pub name: &'static str,
    /// What there is to know about it.
    pub words: &'static str,
    /// To whom the broker sends on it now: nobody, if this is empty.
    pub used_for: Vec<&'static str>,
    /// Where the bytes come by, from the disk to the network card.
    pub places: Vec<PlaceView>,
    /// How many of the copies the processor makes.
    pub cpu_copies: u64,
    /// How often the processor changes its mode to send 16 KiB.
    pub mode_switches: u64,
}

/// Where bytes come by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlaceView {
    /// What it is called.
    pub name: &'static str,
    /// Whether it belongs to the process, rather than to the kernel or a device.
    pub in_process: bool,
    /// Who copied the bytes to here: the processor, or a device by itself; none where they begin.
    pub by_cpu: Option<bool>,
}

/// All ways, those that `broker` takes first.
pub(super) fn ways(broker: &Broker) -> Vec<WayView> {
    let config = broker.config();
    let uses = [(config.listener_protocol, "컨슈머에게"), (config.inter_broker_protocol, "팔로워에게")];
    let view = |way: Transfer| {
        let takes = |(protocol, to): &(SecurityProtocol, &'static str)| (protocol.transfer() == way).then_some(*to);
        let first = PlaceView { name: place(Place::Platter), in_process: false, by_cpu: None };
        let next = way.hops().iter().map(|hop| PlaceView {
            name: place(hop.to),
            in_process: matches!(hop.to, Place::UserBuffer | Place::TlsBuffer),
            by_cpu: Some(hop.by == CopiedBy::Cpu),
        });
        let (name, words) = name(way);
        WayView {
            name,
            words,
            used_for: uses.iter().filter_map(takes).collect(),
            places: std::iter::once(first).chain(next).collect(),
            cpu_copies: way.cpu_copies(),
            mode_switches: way.mode_switches(SAMPLE),
        }
    };
    let mut ways: Vec<WayView> = Transfer::ALL.map(view).into();
    ways.sort_by_key(|way| way.used_for.is_empty());
    ways
}

/// What the broker has sent, in rows.
pub(super) fn sent(broker: &Broker) -> Vec<(String, String)> {
    let sendings = broker.sendings();
    let row = |to: &str, stat: &TransferStat| {
        (format!("{to} 보낸 양"), format!("{}바이트 · CPU가 옮긴 것 {}바이트", stat.bytes, stat.cpu_bytes))
    };
    vec![row("컨슈머에게", &sendings.consumers), row("팔로워에게", &sendings.followers)]
}

fn name(way: Transfer) -> (&'static str, &'static str) {
    match way {
        Transfer::ReadWrite => {
            ("read + write", "zero copy를 쓰지 않는 길이에요. 바이트가 프로세스까지 올라왔다 내려가요.")
        }
        Transfer::SendFile => {
            ("sendfile", "네트워크 카드가 한 덩어리만 받을 수 있을 때의 길이에요. 프로세스는 거치지 않아요.")
        }
        Transfer::SendFileGather => {
            ("sendfile · zero copy", "네트워크 카드가 페이지 캐시에서 바로 가져가요. CPU는 아무것도 옮기지 않아요.")
        }
        Transfer::Tls => ("TLS", "프로세스가 암호화해야 해서 zero copy를 쓰지 못해요."),
    }
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Platter => "디스크",
        Place::PageCache => "페이지 캐시",
        Place::UserBuffer => "프로세스 버퍼",
        Place::TlsBuffer => "암호화 버퍼",
        Place::SocketBuffer => "소켓 버퍼",
        Place::NetworkCard => "네트워크 카드",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{BrokerId, ControllerId, Rng};
    use crate::broker::BrokerConfig;

    #[test]
    fn a_broker_with_tls_shows_the_way_through_the_process_first() {
        let mut config = BrokerConfig::default();
        config.set("security.inter.broker.protocol", "SSL").unwrap();
        let broker = Broker::new(BrokerId(1), config, vec![ControllerId(101)], 1, Rng::new(1, &"ways"));
        let ways = ways(&broker);
        let used: Vec<_> = ways.iter().map(|way| (way.name, way.used_for.clone(), way.cpu_copies)).collect();
        assert_eq!(used[..2], [("sendfile · zero copy", vec!["컨슈머에게"], 0), ("TLS", vec!["팔로워에게"], 3)]);
        assert!(used[2..].iter().all(|(_, to, _)| to.is_empty()));
        assert!(ways[1].places.iter().filter(|place| place.in_process).count() == 2);
    }
}
