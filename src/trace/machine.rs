//! What happens to a machine: to its power, its disk and its page cache.

use crate::base::josa::{Josa, josa};
use std::rc::Rc;

/// What happened to a broker's or controller's machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum MachineNews {
    /// It lost power. Of the pages that were dirty, some had reached the platter.
    PoweredOff {
        /// Pages that were dirty.
        dirty: u64,
        /// Those of them that had reached the platter.
        arrived: u64,
    },
    /// The kernel brought dirty pages to the platter.
    WrittenBack {
        /// How many.
        pages: u64,
    },
    /// Its disk takes so many times longer than it should; 1 for as long as it should.
    DiskSlowed {
        /// How many times.
        times: u32,
    },
    /// Its disk is another kind of disk.
    DiskExchanged {
        /// Which: `hdd`, `ssd`.
        profile: &'static str,
    },
    /// Its disk holds another number of bytes.
    DiskResized {
        /// How many, in bytes.
        capacity: u64,
    },
    /// Its page cache has another amount of memory.
    MemoryResized {
        /// How much, in bytes.
        bytes: u64,
    },
    /// Its disk stopped working.
    DiskFailed,
    /// It got a new disk, with nothing on it.
    DiskReplaced,
    /// Somebody set its clock.
    ClockSkewed {
        /// By how much it is fast, in ms; negative for slow.
        by_ms: i64,
    },
    /// A byte of a file turned into another, and nobody noticed.
    ByteTurned {
        /// The file.
        path: Rc<str>,
        /// Which byte.
        position: u64,
    },
}

impl MachineNews {
    /// The sentence; `who` is the node's name.
    pub(super) fn sentence(&self, who: &str) -> String {
        let (subject, topic) = (josa(who, Josa::Subject), josa(&format!("{who}의 디스크"), Josa::Topic));
        match self {
            Self::PoweredOff { dirty: 0, .. } => {
                format!("{who}의 전원이 나갔어요. 더티 페이지가 없어서 잃은 것은 없어요.")
            }
            Self::PoweredOff { dirty, arrived } => {
                format!("{who}의 전원이 나갔어요. 더티 페이지 {dirty}쪽 가운데 {arrived}쪽만 디스크에 닿아 있었어요.")
            }
            Self::WrittenBack { pages } => format!("{who}의 커널이 더티 페이지 {pages}쪽을 디스크에 썼어요."),
            Self::DiskSlowed { times: 1 } => format!("{topic} 이제 제 속도로 움직여요."),
            Self::DiskSlowed { times } => format!("{topic} {times}배 느려졌어요."),
            Self::DiskExchanged { profile } => format!("{topic} 이제 {profile} 종류예요."),
            Self::DiskResized { capacity } => format!("{topic} 이제 {capacity}바이트까지 담아요."),
            Self::MemoryResized { bytes } => format!("{who}의 페이지 캐시는 이제 메모리 {bytes}바이트를 써요."),
            Self::DiskFailed => format!("{topic} 고장 났어요. 메모리에 있는 것만 읽을 수 있어요."),
            Self::DiskReplaced => format!("{subject} 빈 새 디스크를 받았어요."),
            Self::ClockSkewed { by_ms: 0 } => format!("{who}의 시계가 다시 맞아요."),
            Self::ClockSkewed { by_ms } => {
                let how = if *by_ms > 0 { "빨라요" } else { "느려요" };
                format!("{who}의 시계가 {}ms {how}.", by_ms.abs())
            }
            Self::ByteTurned { path, position } => {
                format!("{who}의 {path}에서 {position}번 바이트가 뒤집혔어요. 아직 아무도 몰라요.")
            }
        }
    }
}
